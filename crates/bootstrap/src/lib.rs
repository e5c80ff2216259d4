//! The composition root: configuration, telemetry, wiring, the worker loop and shutdown.
