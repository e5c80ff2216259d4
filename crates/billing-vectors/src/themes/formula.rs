//! Formulas in words, such as `price x (11/12 x 100)/(100 + 11/12 x 12)`, computed exactly.

use anyhow::{Context, Result, bail, ensure};
use billing::Ratio;

/// The value of a formula, where `name` stands for a value. `x` and `*` multiply.
pub(super) fn value(formula: &str, name: &str, of: Ratio) -> Result<Ratio> {
    let spaced = formula.replace(name, "@");
    let tokens: Vec<char> = spaced.chars().filter(|it| !it.is_whitespace()).collect();
    let mut reader = Reader { tokens, at: 0, of };
    let value = reader.sum()?;
    ensure!(
        reader.at == reader.tokens.len(),
        "{formula:?} is no formula"
    );
    Ok(value)
}

struct Reader {
    tokens: Vec<char>,
    at: usize,
    of: Ratio,
}

impl Reader {
    fn next_if(&mut self, wanted: &str) -> Option<char> {
        let next = self.tokens.get(self.at).copied();
        let next = next.filter(|it| wanted.contains(*it))?;
        self.at += 1;
        Some(next)
    }

    fn sum(&mut self) -> Result<Ratio> {
        let mut sum = self.product()?;
        while let Some(sign) = self.next_if("+-") {
            let other = self.product()?;
            sum = match sign {
                '+' => sum.checked_add(other),
                _ => sum.checked_sub(other),
            }
            .context("too large")?;
        }
        Ok(sum)
    }

    fn product(&mut self) -> Result<Ratio> {
        let mut product = self.atom()?;
        while let Some(sign) = self.next_if("x*/") {
            let other = self.atom()?;
            product = match sign {
                '/' => product.checked_div(other),
                _ => product.checked_mul(other),
            }
            .context("too large")?;
        }
        Ok(product)
    }

    fn atom(&mut self) -> Result<Ratio> {
        if self.next_if("@").is_some() {
            return Ok(self.of);
        }
        if self.next_if("(").is_some() {
            let inner = self.sum()?;
            ensure!(self.next_if(")").is_some(), "a bracket is open");
            return Ok(inner);
        }
        let mut digits = String::new();
        while let Some(digit) = self.next_if("0123456789.") {
            digits.push(digit);
        }
        if digits.is_empty() {
            bail!("a number is missing");
        }
        digits.parse().context(digits)
    }
}
