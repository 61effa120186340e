"""The compiler: source text in, routes and a manifest out. Nothing of the user's is imported."""
