import Configuration
import Security

/// How access tokens are signed and checked, by `JWT_ALGORITHM` (EdDSA or HS256): auth signs, the
/// gateway checks.
public enum TokenSettings {
  public static let issuer = "focal"
  public static let audience = "focal-api"

  public enum Algorithm: String, CaseIterable {
    case edDSA = "EdDSA"
    case hs256 = "HS256"
  }

  /// The signer, by `JWT_PRIVATE_KEY` or `JWT_SECRET`. What is wrong is reported.
  public static func signer(_ environment: Environment) -> JWTSigner {
    let name: String
    var key = SigningKey.generate()
    do throws(KeyError) {
      switch algorithm(environment) {
      case .edDSA:
        name = "JWT_PRIVATE_KEY"
        let text = environment.secret(name)
        if !text.isEmpty { key = try SigningKey(ed25519: text) }
      case .hs256:
        name = "JWT_SECRET"
        let secret = environment.secret(name, bytesMin: 32)
        if !secret.isEmpty { key = try SigningKey(hs256: secret) }
      }
    } catch {
      environment.report(name, "\(error)")
    }
    return JWTSigner(key: key, issuer: issuer, audience: audience)
  }

  /// The keys that tokens may be signed with, by `JWT_PUBLIC_KEYS` (several: rotation) or
  /// `JWT_SECRET`. What is wrong is reported.
  public static func verificationKeys(_ environment: Environment) -> [VerificationKey] {
    let name: String
    do throws(KeyError) {
      switch algorithm(environment) {
      case .edDSA:
        name = "JWT_PUBLIC_KEYS"
        let text = environment.string(name)
        return text.isEmpty ? [] : try VerificationKey.list(ed25519: text)
      case .hs256:
        name = "JWT_SECRET"
        let secret = environment.secret(name, bytesMin: 32)
        return secret.isEmpty ? [] : [try VerificationKey(hs256: secret)]
      }
    } catch {
      environment.report(name, "\(error)")
      return []
    }
  }

  private static func algorithm(_ environment: Environment) -> Algorithm {
    environment.choice("JWT_ALGORITHM", default: .edDSA)
  }
}
