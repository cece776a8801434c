/// The program's version, as `--version` and the Server header have it.
let version = "0.1.0"
