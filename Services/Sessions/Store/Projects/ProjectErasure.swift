import Contracts
import Events
import Postgres

/// The end of an account, as far as projects and entries go.
enum ProjectErasure {
  /// Removes a user's projects, memberships and entries, and tells that the projects are gone. What
  /// others booked on them stays theirs.
  static func run(_ userID: String, _ transaction: Transaction) async throws {
    _ = try await transaction.run(
      "DELETE FROM time_entries WHERE user_id = $1", [.uuid(userID)])
    _ = try await transaction.run(
      "DELETE FROM project_members WHERE user_id = $1 AND role <> 1", [.uuid(userID)])
    let gone = try await transaction.run(
      """
      DELETE FROM projects WHERE owner_id = $1
      RETURNING id, owner_id, name, description, visibility, created_at, updated_at, version
      """, [.uuid(userID)])
    for row in gone {
      var project = FocusProject(row)
      project.version += 1
      let event = try Event(topic: Projects.topic, project.event(isDeleted: true))
      _ = try await transaction.run(
        "INSERT INTO outbox (id, topic, payload) VALUES ($1, $2, $3)", event.values)
    }
  }
}
