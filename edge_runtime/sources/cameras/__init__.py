"""The name of a camera or a stream goes in; a connection that gives its frames comes out. One file a library."""
