internal import CLinux
internal import Glibc

/// Hears from the kernel what changes in a folder and those below it (inotify), and so knows which
/// files somebody is just writing.
///
/// Folders on other machines change without a word, and so does one that something is mounted over:
/// ``forget()`` and watch anew. When more are to be watched than the kernel allows, the rest are
/// not.
public final class FolderWatch: EventHandler {
  private let descriptor: Descriptor
  private let loop: EventLoop
  private let changed: () -> Void
  private var registration: Registration?
  private let buffer = ReceiveBuffer(capacity: 16 * 1024)
  /// The folders by the kernel's numbers for them.
  private var folders: [Int32: String] = [:]
  /// The other way round.
  private var numbers: [String: Int32] = [:]
  private var writing: Set<String> = []

  private static let events = UInt32(
    IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE
      | IN_DELETE_SELF | IN_MOVE_SELF | IN_EXCL_UNLINK)

  /// Makes one that watches nothing yet; `changed` is told in a turn of the loop that something has
  /// changed.
  public init(on loop: EventLoop, changed: @escaping () -> Void) throws(SystemError) {
    self.loop = loop
    self.changed = changed
    let flags = Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC)
    descriptor = Descriptor(Int32(try checkedCall("inotify_init1") { Int(inotify_init1(flags)) }))
    registration = try loop.add(descriptor, .readable, self)
  }

  /// Watches nothing any more.
  public func close() {
    if let registration { loop.remove(registration) }
    registration = nil
  }

  /// Watches the folders at `paths` below `folder`, besides those that are watched already.
  ///
  /// - Returns: whether one of them is new. What has changed in it until now goes unheard.
  /// - Throws: when one cannot be watched; ``SystemError/isExhaustion`` or `ENOSPC` when the kernel
  ///   allows no more.
  @discardableResult
  public func watch(_ paths: [String], below folder: Folder) throws(SystemError) -> Bool {
    var isNew = false
    for path in paths {
      let name = path == "." ? "" : path + "/"
      guard numbers[name] == nil else { continue }
      // One that has just vanished says so by itself.
      guard let opened = try? folder.folder(at: path) else { continue }
      let (number, watch) = (opened.number, descriptor.number)
      let watched = try checkedCall("inotify_add_watch") {
        unsafe Int(inotify_add_watch(watch, "/proc/self/fd/\(number)", Self.events))
      }
      // Two paths may lead to one folder, and the kernel watches that once.
      if folders[Int32(watched)] == nil { isNew = true }
      unname(Int32(watched))
      folders[Int32(watched)] = name
      numbers[name] = Int32(watched)
    }
    return isNew
  }

  private func forget(one name: String) {
    guard let number = numbers[name] else { return }
    _ = inotify_rm_watch(descriptor.number, number)
    unname(number)
  }

  private func unname(_ watch: Int32) {
    if let name = folders.removeValue(forKey: watch) { numbers[name] = nil }
  }

  /// Forgets every folder.
  public func forget() {
    for number in folders.keys { _ = inotify_rm_watch(descriptor.number, number) }
    (folders, numbers, writing) = ([:], [:], [])
  }

  /// Forgets a folder, whose path ends with a slash, and those below it: they are elsewhere now.
  private func forget(below prefix: String) {
    writing = writing.filter { !$0.hasPrefix(prefix) }
    for (number, name) in folders where name.hasPrefix(prefix) {
      _ = inotify_rm_watch(descriptor.number, number)
      unname(number)
    }
  }

  /// Whether somebody has begun to write the file at a path and has not closed it yet. Only who
  /// began under our eyes is seen.
  public func isBeingWritten(_ path: String) -> Bool { writing.contains(path) }

  /// Something has changed.
  public func ready(_ registration: Registration, _ readiness: Readiness) { drain() }

  /// Takes what the kernel has to tell, so that what is asked next is up to date.
  public func drain() {
    let number = descriptor.number
    var isChanged = false
    while true {
      let call = systemCall { unsafe read(number, buffer.base, buffer.capacity) }
      guard case .value(let count) = call, count > 0 else { break }
      buffer.count = count
      buffer.withBytes { bytes in
        if take(bytes) { isChanged = true }
      }
    }
    if isChanged { changed() }
  }

  /// False when there is nothing new in it.
  ///
  ///     watch number 4, mask 4, cookie 4, name's length 4, name padded with zeros
  private func take(_ bytes: Span<UInt8>) -> Bool {
    var (position, isNew) = (0, false)
    while bytes.count - position >= 16 {
      let watch = Int32(truncatingIfNeeded: Self.number(bytes, position))
      let mask = Self.number(bytes, position + 4)
      let length = Int(Self.number(bytes, position + 12))
      position += 16
      guard length <= bytes.count - position else { break }
      var name: [UInt8] = []
      for index in position..<position + length where bytes[index] != 0 {
        name.append(bytes[index])
      }
      position += length
      if note(watch, mask, String(decoding: name, as: UTF8.self)) { isNew = true }
    }
    return isNew
  }

  private func note(_ watch: Int32, _ mask: UInt32, _ name: String) -> Bool {
    func says(_ event: Int32) -> Bool { mask & UInt32(event) != 0 }
    if says(IN_Q_OVERFLOW) {
      // Who was writing is not known any more, and which folders are still those that are watched:
      // each is asked for again.
      (writing, numbers) = ([], [:])
      return true
    }
    if says(IN_IGNORED) {
      unname(watch)
      return true
    }
    guard let folder = folders[watch] else { return false }
    let path = folder + name
    if says(IN_MODIFY) { return writing.insert(path).inserted }
    writing.remove(path)
    if says(IN_ISDIR), !name.isEmpty {
      if says(IN_MOVED_FROM) { forget(below: path + "/") }
      // One that is deleted, or that another one takes the place of, is empty.
      if says(IN_DELETE) || says(IN_MOVED_TO) { forget(one: path + "/") }
    }
    if says(IN_MOVE_SELF) { forget(below: folder) }
    return true
  }

  /// In the machine's order.
  private static func number(_ bytes: Span<UInt8>, _ offset: Int) -> UInt32 {
    var value: UInt32 = 0
    for index in (0..<4).reversed() { value = value << 8 | UInt32(bytes[offset + index]) }
    return value
  }
}
