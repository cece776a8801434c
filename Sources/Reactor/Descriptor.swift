internal import Glibc

/// Owns one file descriptor and closes it when it goes.
public struct Descriptor: ~Copyable, Sendable {
  let number: Int32

  init(_ number: Int32) {
    precondition(number >= 0, "a descriptor is never negative")
    self.number = number
  }

  deinit {
    // The descriptor is gone whatever close answers; on Linux it must not be repeated.
    _ = close(number)
  }
}
