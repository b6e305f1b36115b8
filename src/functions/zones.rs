//! `AT TIME ZONE`: an instant as the clocks of a zone show it, and a clock's reading in a zone as an instant.

use std::sync::{Arc, LazyLock};

use arrow::array::timezone::Tz;
use arrow::array::{ArrayRef, AsArray, TimestampMicrosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use chrono::{DateTime, Offset, TimeZone};
use datafusion::common::{Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::input::offset_in;
use super::missing::undefined;
use crate::catalog::types::SqlType;
use crate::error::Error;

static FUNCTION: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| {
    let signature = Signature::any(2, Volatility::Immutable);
    Arc::new(ScalarUDF::from(Timezone { signature }))
});

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    (name == FUNCTION.name()).then(|| Arc::clone(&FUNCTION))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Timezone {
    signature: Signature,
}

impl ScalarUDFImpl for Timezone {
    fn name(&self) -> &str {
        "timezone"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        let zone = match &types[1] {
            DataType::Timestamp(_, Some(_)) => None,
            // A date is an instant in the session's zone; a text would have to be told which it is.
            DataType::Timestamp(_, None) => Some(Arc::from("UTC")),
            DataType::Date32 => None,
            other => {
                let names = [SqlType::Text, SqlType::from_arrow(other)].map(|t| t.to_string());
                return Err(fail(undefined("timezone", &names)));
            }
        };
        Ok(DataType::Timestamp(TimeUnit::Microsecond, zone))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let zone = match &args.args[0] {
            ColumnarValue::Scalar(zone) => zone.try_as_str().flatten().map(str::to_owned),
            ColumnarValue::Array(_) => {
                return Err(fail(Error::unsupported("a time zone that varies by row")));
            }
        };
        let Some(name) = zone else {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_new_null(args.return_type())?));
        };
        let unknown =
            || fail(Error::invalid_parameter(format!("time zone \"{name}\" not recognized")));
        let tz: Tz = name.parse().map_err(|_| unknown())?;
        let scalar = matches!(args.args[1], ColumnarValue::Scalar(_));
        let array = args.args[1].to_array(if scalar { 1 } else { args.number_rows })?;
        let result = shifted(&array, &tz, args.return_type())?;
        Ok(match scalar {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?),
            false => ColumnarValue::Array(result),
        })
    }
}

fn fail(e: Error) -> DataFusionError {
    DataFusionError::External(Box::new(e))
}

fn shifted(array: &ArrayRef, tz: &Tz, to: &DataType) -> Result<ArrayRef> {
    let from_instant = matches!(to, DataType::Timestamp(_, None));
    let plain = DataType::Timestamp(TimeUnit::Microsecond, None);
    // The same microseconds without the zone on them.
    let array = match array.data_type() {
        DataType::Timestamp(_, Some(_)) => {
            let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
            cast(&cast(array, &utc)?, &plain)?
        }
        _ => cast(array, &plain)?,
    };
    let micros = array.as_primitive::<TimestampMicrosecondType>();
    let result: TimestampMicrosecondArray = micros.unary_opt(|at| {
        let clock = DateTime::from_timestamp_micros(at)?.naive_utc();
        let east = match from_instant {
            true => tz.offset_from_utc_datetime(&clock).fix().local_minus_utc(),
            false => -offset_in(tz, &clock),
        };
        at.checked_add(i64::from(east) * 1_000_000)
    });
    let zone = if from_instant { None } else { Some("UTC") };
    Ok(Arc::new(result.with_timezone_opt(zone)))
}
