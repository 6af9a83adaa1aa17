/// A Lua script that Redis keeps: sent once, then called by its SHA-1 (which Redis computes).
public final class Script {
  let source: String
  /// 40 hexadecimal digits, known once a server has loaded the script.
  var digest: RedisArgument?

  public init(_ source: String) { self.source = source }
}
