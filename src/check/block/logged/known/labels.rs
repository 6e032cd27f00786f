//! Names of a file that look like those of credentials and only hold names.

use std::cell::OnceCell;
use std::collections::HashSet;

use memchr::memmem;

use crate::check::fixed;
use crate::fact::words::is_word;

/// What a file gives names to, computed when first asked for.
pub(in super::super) struct Labels<'a> {
    bytes: &'a [u8],
    constants: OnceCell<HashSet<&'a [u8]>>,
    resources: OnceCell<HashSet<&'a [u8]>>,
}

impl<'a> Labels<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Labels<'a> {
        Labels { bytes, constants: OnceCell::new(), resources: OnceCell::new() }
    }

    /// Whether what has the name is itself the name of something: `Name: spec.Secret`.
    pub(in super::super) fn is_of_resource(&self, name: &[u8]) -> bool {
        const FIELD: &[u8] = b"Name: ";
        let names = self.resources.get_or_init(|| {
            let values = memmem::find_iter(self.bytes, FIELD).map(|at| &self.bytes[at + FIELD.len()..]);
            let in_chain = |b: &&u8| is_word(**b) || **b == b'.';
            values.map(|value| &value[..value.iter().take_while(in_chain).count()]).collect()
        });
        names.contains(name)
    }

    /// Whether the file says that a constant only holds the name of a variable: `const CF_API_TOKEN = "CF_API_TOKEN"`.
    pub(super) fn is_constant(&self, name: &[u8]) -> bool {
        fixed! {
            static LABEL = r#"(?:\b(?P<name>[A-Za-z_]\w*)(?:\s*:\s*[&'\w]+(?:\s\w+)?)?\s*:?=\s*|@(?P<attribute>[a-z_]\w*)\s+)["'](?P<value>[A-Z][A-Z0-9]*_[A-Z0-9_]+)["']"#;
        }
        self.constants
            .get_or_init(|| {
                let labels = LABEL.captures_iter(self.bytes);
                labels
                    .filter_map(|groups| groups.name("name").or_else(|| groups.name("attribute")))
                    .map(|name| name.as_bytes())
                    .collect()
            })
            .contains(name)
    }
}
