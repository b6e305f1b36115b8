//! What functions answer from beside their arguments: the session's settings and the clock of its transaction.

use std::any::Any;

use datafusion::common::config::{ConfigEntry, ConfigExtension, ConfigOptions, ExtensionOptions};
use datafusion::common::{Result, not_impl_err};

use super::style::Style;
use super::time::Zone;
use super::time::read::Setting;

/// Carried by DataFusion's options, where functions find it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// Microseconds since 1970.
    pub transaction_started: i64,
    pub statement_started: i64,
    pub style: Style,
}

impl ConfigExtension for Asked {
    const PREFIX: &'static str = "lakewire";
}

impl ExtensionOptions for Asked {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn cloned(&self) -> Box<dyn ExtensionOptions> {
        Box::new(*self)
    }

    fn set(&mut self, key: &str, _: &str) -> Result<()> {
        not_impl_err!("the option {key} is not set by name")
    }

    fn entries(&self) -> Vec<ConfigEntry> {
        Vec::new()
    }
}

impl Asked {
    pub fn of(options: &ConfigOptions) -> Asked {
        options.extensions.get::<Asked>().copied().unwrap_or_default()
    }
}

/// The session's zone.
pub fn zone(options: &ConfigOptions) -> Zone {
    let name = options.execution.time_zone.as_deref();
    name.and_then(Zone::parse).unwrap_or(Zone::UTC)
}

/// How values are written.
pub fn style(options: &ConfigOptions) -> Style {
    Style { zone: zone(options), ..Asked::of(options).style }
}

/// How dates and times are read.
pub fn setting(options: &ConfigOptions) -> Setting {
    Setting::of(&style(options), Asked::of(options).transaction_started)
}
