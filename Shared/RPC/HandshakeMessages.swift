import Wire

/// The server's first words (`RPCChallenge`).
nonisolated struct Challenge: Equatable {
  var version: UInt64
  var service: String
  var instance: String
  var nonce: [UInt8]

  func encode() -> [UInt8] {
    var writer = ProtobufWriter()
    writer.field(1, version)
    writer.field(2, service)
    writer.field(3, instance)
    writer.field(4, bytes: nonce)
    return writer.bytes
  }
}

extension Challenge {
  nonisolated init(decoding bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
    self.init(version: 0, service: "", instance: "", nonce: [])
    var reader = ProtobufReader(bytes)
    while let field = try reader.next() {
      switch field.number {
      case 1: version = try field.value.number()
      case 2: service = try field.value.text()
      case 3: instance = try field.value.text()
      case 4: nonce = Array(try field.value.bytes())
      default: break
      }
    }
  }
}

/// The client's answer to the challenge (`RPCHello`).
nonisolated struct Hello: Equatable {
  var version: UInt64
  var service: String
  var instance: String
  var nonce: [UInt8]
  var proof: [UInt8]

  func encode() -> [UInt8] {
    var writer = ProtobufWriter()
    writer.field(1, version)
    writer.field(2, service)
    writer.field(3, instance)
    writer.field(4, bytes: nonce)
    writer.field(5, bytes: proof)
    return writer.bytes
  }
}

extension Hello {
  nonisolated init(decoding bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
    self.init(version: 0, service: "", instance: "", nonce: [], proof: [])
    var reader = ProtobufReader(bytes)
    while let field = try reader.next() {
      switch field.number {
      case 1: version = try field.value.number()
      case 2: service = try field.value.text()
      case 3: instance = try field.value.text()
      case 4: nonce = Array(try field.value.bytes())
      case 5: proof = Array(try field.value.bytes())
      default: break
      }
    }
  }
}

/// The server's answer to a good hello (`RPCWelcome`).
nonisolated struct Welcome: Equatable {
  var proof: [UInt8]
  var callsInFlightMax: UInt64
  var frameBytesMax: UInt64
  var idleMilliseconds: UInt64

  func encode() -> [UInt8] {
    var writer = ProtobufWriter()
    writer.field(1, bytes: proof)
    writer.field(2, callsInFlightMax)
    writer.field(3, frameBytesMax)
    writer.field(4, idleMilliseconds)
    return writer.bytes
  }
}

extension Welcome {
  nonisolated init(decoding bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
    self.init(proof: [], callsInFlightMax: 0, frameBytesMax: 0, idleMilliseconds: 0)
    var reader = ProtobufReader(bytes)
    while let field = try reader.next() {
      switch field.number {
      case 1: proof = Array(try field.value.bytes())
      case 2: callsInFlightMax = try field.value.number()
      case 3: frameBytesMax = try field.value.number()
      case 4: idleMilliseconds = try field.value.number()
      default: break
      }
    }
  }
}

/// Why a peer ends the connection (`RPCGoaway`).
nonisolated struct Goaway: Error, Equatable {
  /// The server shuts down in order: calls that it has are still answered.
  static let drain = "drain"

  var reason: String
  var message: String

  func encode() -> [UInt8] {
    var writer = ProtobufWriter()
    writer.field(1, reason)
    writer.field(2, message)
    return writer.bytes
  }
}

extension Goaway {
  nonisolated init(decoding bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
    self.init(reason: "", message: "")
    var reader = ProtobufReader(bytes)
    while let field = try reader.next() {
      switch field.number {
      case 1: reason = try field.value.text()
      case 2: message = try field.value.text()
      default: break
      }
    }
  }
}
