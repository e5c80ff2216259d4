//! Levels, promises, windows and steps.
