"""The commands, each thin: options in, one use case, one rendering out."""
