import Network

/// A mail server of the test's own: takes what comes, but for recipients whose name begins with
/// "refused".
final class SMTPFixture {
  var greetings: [String] = []
  var senders: [String] = []
  var recipients: [String] = []
  var signIns: [String] = []
  var mails: [String] = []
  private var listener: Listener?

  var port: UInt16 { listener?.port ?? closedPort }
  private var closedPort: UInt16 = 0

  init() throws {
    let address = try Resolver.numeric(Address(parsing: "127.0.0.1:0"))
    listener = try Listener(address, connectionLimit: 16) { [unowned self] descriptor, peer in
      let conversation = Conversation(descriptor: descriptor, peer: peer)
      conversation.server = self
      conversation.say("220 test ESMTP")
      return conversation
    }
  }

  func close() {
    closedPort = port
    listener?.close()
    listener = nil
  }
}

private final class Conversation: Connection {
  unowned var server: SMTPFixture?
  private var text = ""
  private var isInData = false
  private var isSigningIn = false

  func say(_ line: String) {
    output.append(line + "\r\n")
    send()
  }

  override func received() {
    text += String(decoding: input.readableBytes, as: UTF8.self)
    input.consume(input.count)
    while take() {}
  }

  override func endOfInput() { close() }

  private func take() -> Bool {
    if isInData {
      guard let end = text.firstRange(of: "\r\n.\r\n") else { return false }
      let mail = String(text[..<end.lowerBound]) + "\r\n"
      text = String(text[end.upperBound...])
      isInData = false
      // A dot that begins a line was doubled on its way.
      server?.mails.append(mail.replacing("\r\n..", with: "\r\n."))
      say("250 taken")
      return true
    }
    guard let end = text.firstRange(of: "\r\n") else { return false }
    let line = String(text[..<end.lowerBound])
    text = String(text[end.upperBound...])
    answer(line)
    return true
  }

  private func answer(_ line: String) {
    if isSigningIn {
      isSigningIn = false
      server?.signIns.append(line)
      return say("235 welcome")
    }
    let parts = line.split(separator: " ", maxSplits: 1)
    let argument = parts.count > 1 ? String(parts[1]) : ""
    switch parts.first.map({ $0.uppercased() }) {
    case "EHLO":
      server?.greetings.append(argument)
      say("250-test\r\n250-SIZE 100000\r\n250 AUTH PLAIN")
    case "AUTH":
      isSigningIn = true
      say("334 ")
    case "MAIL":
      server?.senders.append(String(argument.split(separator: " ")[0]))
      say("250 ok")
    case "RCPT":
      if argument.contains("refused") { return say("550 nobody of that name") }
      server?.recipients.append(argument)
      say("250 ok")
    case "DATA":
      isInData = true
      say("354 go on")
    case "QUIT":
      say("221 bye")
      closeAfterFlush()
    default: say("502 unknown")
    }
  }
}
