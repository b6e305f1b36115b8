//! Which Arrow types hold documents: structs, maps and lists of them.

use arrow::datatypes::DataType;

/// Whether values have parts beyond what an array of plain values has.
pub fn is_nested(arrow: &DataType) -> bool {
    match arrow {
        DataType::Struct(_) | DataType::Map(_, _) | DataType::Union(_, _) => true,
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => {
            is_nested(item.data_type())
                || matches!(
                    item.data_type(),
                    DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..)
                )
        }
        DataType::Dictionary(_, value) => is_nested(value),
        _ => false,
    }
}
