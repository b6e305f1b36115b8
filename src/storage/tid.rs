//! `tid`, where a row of a table lies: the number of a block, and from 1 on the place in it. In memory one number, the
//! block in front, so that it sorts as PostgreSQL sorts.

/// The column of a scan that says it. No statement can write its name.
pub const POSITION: &str = "\u{1}ctid";

pub fn of(block: u32, offset: u16) -> i64 {
    i64::from(block) << 16 | i64::from(offset)
}

pub fn parts(tid: i64) -> (u32, u16) {
    ((tid >> 16) as u32, tid as u16)
}

/// `(7,2)`, with the signs and blanks that PostgreSQL lets pass (`tidin`).
pub fn read(text: &str) -> Option<i64> {
    let (_, inside) = text.split_once('(')?;
    let (block, rest) = inside.split_once(',')?;
    let (offset, _) = rest.split_once(')')?;
    let blank = |c: char| c.is_ascii_whitespace();
    let number = |text: &str| text.trim_start_matches(blank).parse::<i64>().ok();
    let block = number(block)?;
    // A negative one is what it would be without its sign bit, as `strtoul` reads it.
    let block = match u32::try_from(block) {
        Ok(block) => block,
        Err(_) => u32::from_ne_bytes(i32::try_from(block).ok()?.to_ne_bytes()),
    };
    let offset = u16::try_from(number(offset)?).ok()?;
    Some(of(block, offset))
}

pub fn show(tid: i64) -> String {
    let (block, offset) = parts(tid);
    format!("({block},{offset})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_postgres_reads_them() {
        assert_eq!(read("(7,2)"), Some(of(7, 2)));
        assert_eq!(read("( 7, 2)"), Some(of(7, 2)));
        assert_eq!(read("(-1,1)"), Some(of(u32::MAX, 1)));
        assert_eq!(read("(4294967295,0)"), Some(of(u32::MAX, 0)));
        for wrong in ["(7,2", "7,2)", "x", "", "(4294967296,1)", "(1,65536)", "(1,-1)", "(1 ,2)"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(show(of(4_294_967_295, 9)), "(4294967295,9)");
        assert!(of(1, 65_535) < of(2, 0));
    }
}
