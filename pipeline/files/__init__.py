"""Files as such, whatever is in them.

    publication   replace a file or folder: whole or not at all
    replacement   the new one beside the old one, until it takes its place
    temporaries   names and locks of temporary files; what killed writers left
    failures      an OSError → one line that names the file and the reason
    compression   compressed files as streams of bytes
    json_text     JSON from outside, checked before it is used
    read_ahead    read in a thread beside the work

Nothing here knows what a corpus or an artifact is.
"""
