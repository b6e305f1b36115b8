//! What PostgreSQL 15 gave for the same values, as text and through its send functions.

use std::sync::Arc;

use arrow::array::*;
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::*;

use crate::catalog::types::SqlType;
use crate::error::{Result, SqlState};

use super::{Format, RowEncoder, Style};

/// The rows of one column; null is None.
fn cells(
    field: Field,
    array: ArrayRef,
    format: Format,
    zone: &str,
) -> Result<Vec<Option<Vec<u8>>>> {
    let field = Arc::new(field);
    let schema = Arc::new(Schema::new(vec![Arc::clone(&field)]));
    let batch = RecordBatch::try_new(schema, vec![array]).unwrap();
    let style = Style { zone: super::Zone::parse(zone).unwrap(), ..Style::default() };
    let mut rows = RowEncoder::new(&[field], &[format], &style)?.open(&batch)?;
    let mut out = Vec::new();
    assert_eq!(rows.write(usize::MAX, usize::MAX, &mut out)?, batch.num_rows());
    let mut rest = out.as_slice();
    let mut cells = Vec::new();
    while !rest.is_empty() {
        let length = i32::from_be_bytes(rest[1..5].try_into().unwrap()) as usize;
        let row = &rest[..length + 1];
        assert_eq!((row[0], &row[5..7]), (b'D', &[0u8, 1][..]));
        let cell = i32::from_be_bytes(row[7..11].try_into().unwrap());
        cells.push(usize::try_from(cell).ok().map(|length| {
            assert_eq!(row.len(), 11 + length);
            row[11..].to_vec()
        }));
        rest = &rest[length + 1..];
    }
    Ok(cells)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first row in both formats.
fn check(field: Field, array: ArrayRef, text: &str, binary: &str) {
    let cell = |format| {
        let cells = cells(field.clone(), Arc::clone(&array), format, "Asia/Kolkata").unwrap();
        cells[0].clone().expect("not null")
    };
    assert_eq!(String::from_utf8(cell(Format::Text)).unwrap(), text);
    assert_eq!(hex(&cell(Format::Binary)), binary, "{text}");
}

fn plain(array: impl Array + 'static, text: &str, binary: &str) {
    check(Field::new("c", array.data_type().clone(), true), Arc::new(array), text, binary);
}

fn typed(sql: SqlType, array: impl Array + 'static, text: &str, binary: &str) {
    let field = sql.field("c", true).as_ref().clone().with_data_type(array.data_type().clone());
    let named = [(crate::catalog::types::TYPE_KEY.to_owned(), sql.to_string())];
    check(field.with_metadata(named.into()), Arc::new(array), text, binary);
}

fn decimal(value: i128, precision: u8, scale: i8) -> Decimal128Array {
    Decimal128Array::from(vec![value]).with_precision_and_scale(precision, scale).unwrap()
}

#[test]
fn numbers() {
    plain(BooleanArray::from(vec![true]), "t", "01");
    plain(Int16Array::from(vec![-2]), "-2", "fffe");
    plain(UInt16Array::from(vec![u16::MAX]), "65535", "0000ffff");
    plain(UInt32Array::from(vec![u32::MAX]), "4294967295", "00000000ffffffff");
    typed(SqlType::Oid, Int64Array::from(vec![4_294_967_295]), "4294967295", "ffffffff");
    plain(Float64Array::from(vec![1.0]), "1", "3ff0000000000000");
    plain(Float32Array::from(vec![f32::NAN]), "NaN", "7fc00000");
    plain(Float16Array::from(vec![half(1.5)]), "1.5", "3fc00000");
    plain(decimal(15, 5, 1), "1.5", "000200000000000100011388");
    plain(decimal(100_000_000, 10, 0), "100000000", "00010002000000000001");
    plain(decimal(123_456_700, 10, 4), "12345.6700", "0003000100000004000109291a2c");
    plain(decimal(-12_345, 10, 8), "-0.00012345", "0002ffff4000000800010929");
    plain(decimal(1, 20, 9), "0.000000001", "0001fffd0000000903e8");
    typed(SqlType::Numeric(None), decimal(150, 38, 2), "1.5", "000200000000000100011388");
    let digits = "1234567890123456789012345678901234567812345678901234567890123456789012345678";
    let wide = Decimal256Array::from(vec![i256::from_string(digits).unwrap()]);
    plain(
        wide.with_precision_and_scale(76, 38).unwrap(),
        "12345678901234567890123456789012345678.12345678901234567890123456789012345678",
        "0014000900000026000c0d801ed204d2162e23340d801ed204d2162e04d2162e23340d801ed204d2162e23340d801e78",
    );
    plain(
        UInt64Array::from(vec![u64::MAX]),
        "18446744073709551615",
        "000500040000000007341a5802e103bb064f",
    );
}

fn half(value: f32) -> <Float16Type as ArrowPrimitiveType>::Native {
    <Float16Type as ArrowPrimitiveType>::Native::from_f32(value)
}

#[test]
fn text_and_bytes() {
    let uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    let sixteen = "a0eebc999c0b4ef8bb6d6bb9bd380a11";
    typed(SqlType::Uuid, StringViewArray::from(vec![uuid]), uuid, sixteen);
    let bytes: Vec<u8> =
        (0..16).map(|i| u8::from_str_radix(&sixteen[i * 2..i * 2 + 2], 16).unwrap()).collect();
    let fixed = FixedSizeBinaryArray::try_from_iter([bytes].into_iter()).unwrap();
    plain(fixed.clone(), &format!("\\x{sixteen}"), sixteen);
    typed(SqlType::Uuid, fixed, uuid, sixteen);
    plain(BinaryViewArray::from(vec![&[0xde, 0xad][..]]), "\\xdead", "dead");
    plain(LargeStringArray::from(vec!["ü"]), "ü", "c3bc");
    let json = "{\"a\": 1}";
    typed(SqlType::Json, StringArray::from(vec![json]), json, "7b2261223a20317d");
    typed(SqlType::Jsonb, StringArray::from(vec![json]), json, "017b2261223a20317d");
    typed(SqlType::Bpchar(Some(3)), StringArray::from(vec!["a"]), "a  ", "612020");
}

#[test]
fn a_zero_byte_in_text_is_refused() {
    let array: ArrayRef = Arc::new(StringArray::from(vec!["a\0b"]));
    let field = Field::new("c", DataType::Utf8, true);
    for format in [Format::Text, Format::Binary] {
        let refused = cells(field.clone(), Arc::clone(&array), format, "UTC").unwrap_err();
        assert_eq!(refused.state, SqlState::CHARACTER_NOT_IN_REPERTOIRE);
    }
}

const LEAP_DAY: i64 = 1_709_210_096_789_000;

#[test]
fn moments() {
    plain(Date32Array::from(vec![-735_160]), "0044-03-15 BC", "fff49d7b");
    plain(Date32Array::from(vec![i32::MAX]), "infinity", "7fffffff");
    plain(Date64Array::from(vec![-1]), "1969-12-31", "ffffd532");
    let (text, binary) = ("2024-02-29 12:34:56.789", "0002b58341728608");
    plain(TimestampMicrosecondArray::from(vec![LEAP_DAY]), text, binary);
    plain(TimestampMillisecondArray::from(vec![LEAP_DAY / 1_000]), text, binary);
    plain(TimestampNanosecondArray::from(vec![LEAP_DAY * 1_000 + 999]), text, binary);
    for zone in ["UTC", "Europe/Berlin"] {
        plain(
            TimestampMicrosecondArray::from(vec![LEAP_DAY]).with_timezone(zone),
            "2024-02-29 18:04:56.789+05:30",
            binary,
        );
    }
    plain(Time64MicrosecondArray::from(vec![86_400_000_000]), "24:00:00", "000000141dd76000");
    plain(Time32SecondArray::from(vec![1]), "00:00:01", "00000000000f4240");
    plain(
        IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(
            14,
            -3,
            14_706_700_000_000,
        )]),
        "1 year 2 mons -3 days +04:05:06.7",
        "000000036c966ee0fffffffd0000000e",
    );
    plain(
        DurationMillisecondArray::from(vec![90_000]),
        "00:01:30",
        "00000000055d4a800000000000000000",
    );
    plain(
        IntervalYearMonthArray::from(vec![13]),
        "1 year 1 mon",
        "0000000000000000000000000000000d",
    );
}

#[test]
fn seconds_beyond_the_range_are_an_error_and_not_null() {
    let array = Arc::new(TimestampSecondArray::from(vec![i64::MAX - 1]));
    let field = Field::new("c", array.data_type().clone(), true);
    let refused = cells(field, array, Format::Text, "UTC").unwrap_err();
    assert_eq!(refused.state, SqlState::DATETIME_OVERFLOW);
}

#[test]
fn arrays() {
    let numbers = |rows: Vec<Option<Vec<Option<i32>>>>| {
        ListArray::from_iter_primitive::<Int32Type, _, _>(rows)
    };
    plain(numbers(vec![Some(vec![])]), "{}", "000000000000000000000017");
    let item = Arc::new(Field::new_list_field(numbers(vec![]).data_type().clone(), true));
    let nested = ListArray::new(
        Arc::clone(&item),
        OffsetBuffer::from_lengths([2]),
        Arc::new(numbers(vec![Some(vec![Some(1), Some(2)]), Some(vec![Some(3), None])])),
        None,
    );
    plain(
        nested,
        "{{1,2},{3,NULL}}",
        "00000002000000010000001700000002000000010000000200000001000000040000000100000004000000020000000400000003ffffffff",
    );
    let hollow = ListArray::new(
        item,
        OffsetBuffer::from_lengths([2]),
        Arc::new(numbers(vec![Some(vec![]), Some(vec![])])),
        None,
    );
    plain(hollow, "{}", "000000000000000000000017");
    let mut words = ListBuilder::new(StringBuilder::new());
    words.append_value([Some("a"), Some("b c"), None, Some(""), Some("null")]);
    plain(
        words.finish(),
        "{a,\"b c\",NULL,\"\",\"null\"}",
        "0000000100000001000000190000000500000001000000016100000003622063ffffffff00000000000000046e756c6c",
    );
    let mut numerics =
        ListBuilder::new(Decimal128Builder::new().with_precision_and_scale(5, 1).unwrap());
    numerics.append_value([Some(15), None]);
    plain(
        numerics.finish(),
        "{1.5,NULL}",
        "0000000100000001000006a400000002000000010000000c000200000000000100011388ffffffff",
    );
    let mut blobs = ListBuilder::new(BinaryBuilder::new());
    blobs.append_value([Some([1u8])]);
    plain(blobs.finish(), "{\"\\\\x01\"}", "00000001000000000000001100000001000000010000000101");
    let mut moments = ListBuilder::new(TimestampMicrosecondBuilder::new());
    moments.append_value([Some(1_704_067_200_000_000)]);
    plain(
        moments.finish(),
        "{\"2024-01-01 00:00:00\"}",
        "00000001000000000000045a0000000100000001000000080002b0d5d4e94000",
    );
}

#[test]
fn vectors() {
    let mut small = ListBuilder::new(Int16Builder::new());
    small.append_value([Some(1), Some(2), Some(3)]);
    typed(
        SqlType::Int2Vector,
        small.finish(),
        "1 2 3",
        "0000000100000000000000150000000300000000000000020001000000020002000000020003",
    );
    let mut oids = ListBuilder::new(Int64Builder::new());
    oids.append_value([Some(1), Some(2)]);
    typed(
        SqlType::OidVector,
        oids.finish(),
        "1 2",
        "00000001000000000000001a000000020000000000000004000000010000000400000002",
    );
}

#[test]
fn ragged_lists_go_as_text_only() {
    let ragged = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![
        Some(vec![Some(1)]),
        Some(vec![Some(2), Some(3)]),
        Some(vec![]),
    ]);
    let item = Arc::new(Field::new_list_field(ragged.data_type().clone(), true));
    for lengths in [[3], [2]] {
        let array: ArrayRef = Arc::new(ListArray::new(
            Arc::clone(&item),
            OffsetBuffer::from_lengths(lengths),
            Arc::new(ragged.slice(3 - lengths[0], lengths[0])),
            None,
        ));
        let field = Field::new("c", array.data_type().clone(), true);
        let text = cells(field.clone(), Arc::clone(&array), Format::Text, "UTC").unwrap();
        assert!(text[0].as_ref().unwrap().starts_with(b"{{"));
        let refused = cells(field, array, Format::Binary, "UTC").unwrap_err();
        assert_eq!(refused.state, SqlState::DATA_EXCEPTION);
    }
}

fn struct_of(fields: Vec<(&str, ArrayRef)>) -> StructArray {
    StructArray::try_from(fields).unwrap()
}

#[test]
fn records() {
    let row = struct_of(vec![
        ("a", Arc::new(Int32Array::from(vec![1])) as ArrayRef),
        ("b", Arc::new(StringArray::from(vec!["b c"]))),
        ("c", Arc::new(BooleanArray::from(vec![None]))),
    ]);
    plain(
        row,
        "(1,\"b c\",)",
        "00000003000000170000000400000001000000190000000362206300000010ffffffff",
    );
    let words = ["a", "", "(", "\"", "\\"];
    let fields = words.map(|word| (word, Arc::new(StringArray::from(vec![word])) as ArrayRef));
    let text = cells(
        Field::new("c", struct_of(fields.to_vec()).data_type().clone(), true),
        Arc::new(struct_of(fields.to_vec())),
        Format::Text,
        "UTC",
    );
    assert_eq!(text.unwrap()[0].as_deref(), Some(&b"(a,\"\",\"(\",\"\"\"\",\"\\\\\")"[..]));
}

#[test]
fn maps_are_json() {
    let mut map = MapBuilder::new(None, StringBuilder::new(), Float64Builder::new());
    map.keys().append_value("a\"\n");
    map.values().append_value(1.5);
    map.keys().append_value("n");
    map.values().append_value(f64::NAN);
    map.keys().append_value("z");
    map.values().append_null();
    map.append(true).unwrap();
    let text = "{\"a\\\"\\n\":1.5,\"n\":\"NaN\",\"z\":null}";
    let map = map.finish();
    let got =
        cells(Field::new("c", map.data_type().clone(), true), Arc::new(map), Format::Text, "UTC");
    assert_eq!(String::from_utf8(got.unwrap()[0].clone().unwrap()).unwrap(), text);
}

#[test]
fn dictionaries_and_runs_are_read_through() {
    let words: DictionaryArray<Int8Type> =
        [Some("a"), None, Some("b"), Some("a")].into_iter().collect();
    let field = Field::new("c", words.data_type().clone(), true);
    let want = [Some(b"a".to_vec()), None, Some(b"b".to_vec()), Some(b"a".to_vec())];
    assert_eq!(cells(field, Arc::new(words), Format::Text, "UTC").unwrap(), want);

    let runs = RunArray::<Int32Type>::try_new(
        &Int32Array::from(vec![2, 3]),
        &StringArray::from(vec![Some("x"), None]),
    )
    .unwrap();
    let field = Field::new("c", runs.data_type().clone(), true);
    let want = [Some(b"x".to_vec()), Some(b"x".to_vec()), None];
    assert_eq!(cells(field, Arc::new(runs), Format::Text, "UTC").unwrap(), want);
}

#[test]
fn every_kind_of_list_is_an_array() {
    let values: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 3]));
    let item = Arc::new(Field::new_list_field(DataType::Int32, true));
    let fixed = FixedSizeListArray::new(Arc::clone(&item), 3, Arc::clone(&values), None);
    let view = ListViewArray::new(
        Arc::clone(&item),
        ScalarBuffer::from(vec![0]),
        ScalarBuffer::from(vec![3]),
        Arc::clone(&values),
        None,
    );
    let large = LargeListArray::new(item, OffsetBuffer::from_lengths([3]), values, None);
    for array in [Arc::new(fixed) as ArrayRef, Arc::new(view), Arc::new(large)] {
        let field = Field::new("c", array.data_type().clone(), true);
        let got = cells(field, array, Format::Text, "UTC").unwrap();
        assert_eq!(got[0].as_deref(), Some(&b"{1,2,3}"[..]));
    }
}

const TEXT_ONLY: [&str; 8] = [
    "aclitem",
    "tid",
    "pg_lsn",
    "anyarray",
    "pg_ndistinct",
    "pg_dependencies",
    "pg_mcv_list",
    "inet",
];

#[test]
fn nulls_stay_null_in_every_type() {
    for sql in SqlType::all() {
        let field = sql.field("c", true).as_ref().clone();
        for format in [Format::Text, Format::Binary] {
            // Void is never NULL; these go out as text only.
            if matches!(sql, SqlType::Void | SqlType::Record)
                || format == Format::Binary && TEXT_ONLY.contains(&sql.to_string().as_str())
            {
                continue;
            }
            let array = new_null_array(field.data_type(), 2);
            assert_eq!(cells(field.clone(), array, format, "UTC").unwrap(), [None, None], "{sql}");
        }
    }
    let list = SqlType::array(SqlType::Text).field("c", true);
    let array = new_null_array(list.data_type(), 1);
    assert_eq!(cells(list.as_ref().clone(), array, Format::Binary, "UTC").unwrap(), [None]);
}

#[test]
fn a_sliced_batch_starts_at_its_own_first_row() {
    let array = Int64Array::new(
        ScalarBuffer::from(vec![1, 2, 3, 4]),
        Some(NullBuffer::from(vec![true, true, false, true])),
    );
    let field = Field::new("c", DataType::Int64, true);
    let got = cells(field, Arc::new(array.slice(1, 3)), Format::Text, "UTC").unwrap();
    assert_eq!(got, [Some(b"2".to_vec()), None, Some(b"4".to_vec())]);
}

#[test]
fn chunks_end_by_bytes_and_by_rows_and_go_on() {
    let array: ArrayRef = Arc::new(Int64Array::from_iter_values(0..100));
    let batch = RecordBatch::try_from_iter([("c", array)]).unwrap();
    let fields = batch.schema().fields().to_vec();
    let mut encoder = RowEncoder::new(&fields, &[Format::Binary], &Style::default()).unwrap();
    let mut rows = encoder.open(&batch).unwrap();
    let mut out = Vec::new();
    assert_eq!(rows.write(10, usize::MAX, &mut out).unwrap(), 10);
    assert_eq!(out.len(), 10 * 19);
    out.clear();
    assert_eq!(rows.write(usize::MAX, 20, &mut out).unwrap(), 2);
    assert_eq!(rows.position(), 12);
    assert_eq!(rows.write(usize::MAX, usize::MAX, &mut out).unwrap(), 88);
    assert!(rows.is_done());
}
