@rem `exec` of package.json for cmd.exe, which has none: on POSIX shells it keeps a shell from standing between npm and the server, which would swallow signals.
@%*
