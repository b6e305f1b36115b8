//! What a client holds between messages.
