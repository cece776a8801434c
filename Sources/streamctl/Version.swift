/// The program's version, which is the daemon's.
let version = "0.1.0"
