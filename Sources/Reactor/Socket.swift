internal import CLinux
internal import Glibc

/// What stream, datagram and listening sockets have in common: opening, options, addresses.
enum Socket {
  enum Kind { case stream, datagram }

  static func open(_ kind: Kind, _ family: Int32) throws(SystemError) -> Descriptor {
    let type = Int32((kind == .stream ? SOCK_STREAM : SOCK_DGRAM).rawValue)
    let flags = Int32(CLINUX_SOCK_NONBLOCK | CLINUX_SOCK_CLOEXEC)
    return Descriptor(Int32(try checkedCall("socket") { Int(socket(family, type | flags, 0)) }))
  }

  static func bind(
    _ descriptor: borrowing Descriptor, to address: SocketAddress
  ) throws(SystemError) {
    let number = descriptor.number
    try checkedCall("bind") {
      unsafe address.withSocketAddress { unsafe Int(Glibc.bind(number, $0, $1)) }
    }
  }

  static func connect(
    _ descriptor: borrowing Descriptor, to address: SocketAddress
  ) throws(SystemError) {
    let number = descriptor.number
    try checkedCall("connect") {
      unsafe address.withSocketAddress { unsafe Int(Glibc.connect(number, $0, $1)) }
    }
  }

  static func set(
    _ descriptor: borrowing Descriptor, _ level: Int32, _ option: Int32, _ value: Int32
  ) throws(SystemError) {
    let number = descriptor.number
    var value = value
    try checkedCall("setsockopt") {
      unsafe Int(setsockopt(number, level, option, &value, socklen_t(MemoryLayout<Int32>.size)))
    }
  }

  /// An option's value; nil when the socket does not have it.
  static func option(
    _ descriptor: borrowing Descriptor, _ level: Int32, _ option: Int32
  ) -> Int32? {
    let number = descriptor.number
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return unsafe getsockopt(number, level, option, &value, &length) == 0 ? value : nil
  }

  static func localAddress(_ descriptor: borrowing Descriptor) -> SocketAddress? {
    let number = descriptor.number
    return unsafe SocketAddress.read { unsafe getsockname(number, $0, $1) }.address
  }
}
