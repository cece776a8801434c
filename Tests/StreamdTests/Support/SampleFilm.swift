/// The sample movie as FFmpeg shows it without end.
enum SampleFilm {
  /// Writes the pictures, one file each, and returns the input's options.
  ///
  /// A file that `-stream_loop` plays again begins at the time of its last picture, so that two
  /// have one timestamp in each round; pictures that go round come 20 a second.
  static func write(to folder: TemporaryFolder) throws -> [String] {
    for (number, picture) in try Repository.samplePictures().enumerated() {
      try folder.write("pictures/\(number).jpg", picture)
    }
    return ["-f", "image2", "-loop", "1", "-framerate", "20"]
      + ["-i", "\(folder.path)/pictures/%d.jpg"]
  }
}
