"""The runtime's commands. The `wfc` command is composed by the compiler's command line, which loads each lazily."""
