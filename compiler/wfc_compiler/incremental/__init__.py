"""Build again after an edit inside functions, looking only at what it can concern.

    index      what a whole build knows about all modules, kept for the next one
    outline    the part of a file that other files can see: all but the bodies of its functions
    on_demand  modules that are read and parsed when somebody asks for them
    rebuild    the build itself, or None where the edit may concern more

A route holds all code that it can run, so an edit inside a function concerns the routes that hold something of
that module, and no other; the tests compare with whole builds after random edits.
"""
