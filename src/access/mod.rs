//! May this role do this? The one place that can say so.
