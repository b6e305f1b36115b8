//! Functions that give several rows, by the functions that give them as one array.

/// The function whose array holds the rows of `name`.
pub fn many(name: &str) -> Option<&'static str> {
    Some(match name {
        "string_to_table" => "string_to_array",
        "regexp_split_to_table" => "regexp_split_to_array",
        "regexp_matches" => "__all_matches",
        "generate_subscripts" => "__subscripts",
        _ => return None,
    })
}
