internal import Reactor
internal import Wire

/// The packets of a medium in one layout, slice by slice: made by the worker when somebody comes
/// near, shared by all viewers, and given up when the memory is wanted for others.
final class PacketSlices {
  typealias Loaded = Result<PacketSlice, PicturePacker.Fault>

  private enum Slot {
    case absent
    /// Being made; these wait for it.
    case coming([(Loaded) -> Void])
    case there(PacketSlice)
  }

  private let layout: MediaFile.Layout
  /// Viewers keep the file open, each through its ``PacketReader``; nobody else does.
  private weak var file: RegularFile?
  private let identity: PictureSource.Identity?
  private let pictures: NumberedPictures?
  private let worker: Worker?
  private let memory: PacketMemory?
  private var entries: [MotionJPEGIndex.Entry]
  /// The bytes of all pictures.
  private var total = 0
  private var slots: [Slot]
  /// The first frame of each slice, and behind the last one the number of frames.
  private var bounds: [Int]
  /// Told of the first damaged picture of a slice.
  var damaged: (JPEGError) -> Void = { _ in }

  /// So much is read and packed at a time; what comes of it is taken over between two frames. At
  /// 15 kB a picture and 20 pictures a second it is shown for nearly a second.
  private static let sliceBytes = 256 * 1024

  init(
    _ layout: MediaFile.Layout, _ index: MotionJPEGIndex, from source: PictureSource,
    on worker: Worker, in memory: PacketMemory
  ) {
    self.layout = layout
    identity = source.identity
    pictures = source.pictures
    self.worker = worker
    self.memory = memory
    (entries, slots, bounds) = ([], [], [0])
    renew(source)
    extend(index)
  }

  /// Packets that are there already.
  init(_ packets: PacketBuffer) {
    (layout, worker, memory) = (.datagrams(segmentBytes: packets.stride), nil, nil)
    (identity, pictures) = (nil, nil)
    entries = []
    bounds = [0, packets.count]
    slots = [.there(PacketSlice(0..<packets.count, packets))]
  }

  deinit { memory?.release(ObjectIdentifier(self)) }

  /// The file has been read further: the index has grown.
  func extend(_ index: MotionJPEGIndex) {
    entries = index.entries
    var (frame, bytes) = (bounds[bounds.count - 1], 0)
    while frame < entries.count {
      bytes += entries[frame].length
      total += entries[frame].length
      frame += 1
      if bytes >= Self.sliceBytes || frame == entries.count {
        bounds.append(frame)
        slots.append(.absent)
        bytes = 0
      }
    }
  }

  /// It has been opened again, if nobody has it open any more.
  func renew(_ source: PictureSource) {
    if file == nil { file = source.file }
  }

  /// What is read from; nil when it is no longer open.
  var source: PictureSource? {
    if let pictures { return .folder(pictures) }
    guard let file, case .file(let identity) = identity else { return nil }
    return .file(file, identity)
  }

  // MARK: For viewers

  /// The slice that a frame is in, if it is there.
  func slice(of frame: Int) -> PacketSlice? {
    guard let number = number(of: frame), case .there(let slice) = slots[number] else { return nil }
    return slice
  }

  /// Hands the slice that a frame is in to `done`, at once or when it has been made.
  func load(_ frame: Int, then done: @escaping (Loaded) -> Void) {
    guard let number = number(of: frame) else {
      return done(.failure(PicturePacker.Fault(reason: "there is no such frame")))
    }
    if case .there(let slice) = slots[number] { return done(.success(slice)) }
    make(number, then: done)
  }

  /// A viewer has come into a slice: the one behind it is made, if it is not there.
  func enter(_ slice: PacketSlice) {
    memory?.touch(slice)
    guard let number = number(of: slice.frames.lowerBound) else { return }
    let next = number + 1 < slots.count ? number + 1 : 0
    if case .absent = slots[next] { make(next, then: nil) }
  }

  /// The number of the slice that a frame is in.
  private func number(of frame: Int) -> Int? {
    guard frame >= 0, frame < bounds[bounds.count - 1] else { return nil }
    var (low, high) = (0, slots.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if bounds[middle] <= frame { low = middle } else { high = middle }
    }
    return low
  }

  // MARK: Making

  private func make(_ number: Int, then done: ((Loaded) -> Void)?) {
    if case .coming(let waiting) = slots[number] {
      if let done { slots[number] = .coming(waiting + [done]) }
      return
    }
    guard let source, let worker else {
      done?(.failure(PicturePacker.Fault(reason: "it is no longer open")))
      return
    }
    slots[number] = .coming(done.map { [$0] } ?? [])
    let frames = bounds[number]..<bounds[number + 1]
    let packer = PicturePacker(
      layout: layout, source: source, numbers: frames, entries: entries[frames])
    do throws(SystemError) {
      try worker.perform({ packer.pack() }) { [weak self] result in
        self?.made(number, frames, result)
      }
    } catch {
      finish(number, .absent, .failure(PicturePacker.Fault(reason: error.reason)))
    }
  }

  private func made(
    _ number: Int, _ frames: Range<Int>, _ result: Result<PicturePacker.Slice, PicturePacker.Fault>
  ) {
    switch result {
    case .failure(let fault): finish(number, .absent, .failure(fault))
    case .success(let made):
      let packets = PacketBuffer(
        stride: layout.stride(longest: entries[frames].reduce(0) { max($0, $1.length) }),
        prefix: layout.packetizer?.prefix ?? 0, frameCapacity: frames.count,
        byteCapacity: made.frames.reduce(0) { $0 + $1.count })
      for frame in made.frames { packets.append(frame) }
      let slice = PacketSlice(frames, packets)
      if let damage = made.damage { damaged(damage) }
      finish(number, .there(slice), .success(slice))
      memory?.hold(slice, of: self, number: number)
      goOn(after: number)
    }
  }

  private func finish(_ number: Int, _ slot: Slot, _ result: Loaded) {
    guard case .coming(let waiting) = slots[number] else { return }
    slots[number] = slot
    for done in waiting { done(result) }
  }

  /// Where there is room for all of it, the rest is made without waiting for a viewer to come near:
  /// then a seek finds it, and a busy machine has a head start.
  private func goOn(after number: Int) {
    guard let memory, memory.hasRoom(for: total + total / 8) else { return }
    for next in Array(number + 1..<slots.count) + Array(0..<number) {
      switch slots[next] {
      case .absent: return make(next, then: nil)
      case .coming: return
      case .there: continue
      }
    }
  }

  /// The memory is wanted for others.
  func forget(_ number: Int) { slots[number] = .absent }
}
