//! Writes elements, escaped.

use kernel::Currency;

/// A file that is being written.
pub(super) struct Xml {
    text: String,
    currency: &'static str,
}

impl Xml {
    /// The root of a UBL document.
    pub(super) fn begin(root: &str, currency: Currency) -> Self {
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <{root} xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:{root}-2\" \
             xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" \
             xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\">\n"
        );
        Self {
            text,
            currency: currency.code(),
        }
    }

    /// The whole file.
    pub(super) fn end(mut self, root: &str) -> String {
        self.close(root);
        self.text
    }

    /// An element with others inside.
    pub(super) fn inside(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        self.text.push('<');
        self.text.push_str(name);
        self.text.push_str(">\n");
        write(self);
        self.close(name);
    }

    /// An element with a text.
    pub(super) fn value(&mut self, name: &str, text: &str) {
        self.open(name, None, text);
    }

    /// An amount in major units.
    pub(super) fn money(&mut self, name: &str, amount: &str) {
        let currency = self.currency;
        self.open(name, Some(("currencyID", currency)), amount);
    }

    /// A quantity in a unit.
    pub(super) fn measured(&mut self, name: &str, unit: &str, quantity: &str) {
        self.open(name, Some(("unitCode", unit)), quantity);
    }

    fn open(&mut self, name: &str, attribute: Option<(&str, &str)>, text: &str) {
        self.text.push('<');
        self.text.push_str(name);
        if let Some((attribute, value)) = attribute {
            self.text.push(' ');
            self.text.push_str(attribute);
            self.text.push_str("=\"");
            self.escaped(value);
            self.text.push('"');
        }
        self.text.push('>');
        self.escaped(text);
        self.close(name);
    }

    fn close(&mut self, name: &str) {
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push_str(">\n");
    }

    /// What XML 1.0 cannot hold at all is left out.
    fn escaped(&mut self, text: &str) {
        for it in text.chars() {
            match it {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                '\n' | '\t' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => {
                    self.text.push(it);
                }
                _ => {}
            }
        }
    }
}
