//! Bytes in object stores: Delta tables, folders of files.
