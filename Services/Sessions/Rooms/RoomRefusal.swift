import Wire

/// Why a call about a room is refused, in the words that the caller sees.
enum RoomRefusal {
  static let notFound = RPCError(.notFound, "not_found", "There is no such room.")
  static let noParticipant = RPCError(
    .notFound, "not_found", "There is no such participant.")
  static let noAccount = RPCError(.notFound, "no_account", "There is no such account.")
  static let hostOnly = RPCError(
    .permissionDenied, "host_only", "Only the host of the room may do that.")
  static let participantsOnly = RPCError(
    .permissionDenied, "participants_only", "Only who is in the room may do that.")
  static let notParticipant = RPCError(
    .permissionDenied, "not_participant", "Only who is in the room may follow it.")
  static let notYours = RPCError(
    .permissionDenied, "not_yours", "Everybody sets their own status only.")
  static let closed = RPCError(.failedPrecondition, "room_closed", "The room is closed.")
  static let gatewayForgotten = RPCError(
    .failedPrecondition, "gateway_forgotten",
    "The gateway was silent for too long: it goes on under another id.")
  static let badGateway = RPCError(
    .invalidArgument, "bad_gateway_id", "A gateway's id has 1 to 64 bytes, and no comma.")
  static let badStatus = RPCError(
    .invalidArgument, "bad_status", "A participant is active or idle.")
  static let full = RPCError(.failedPrecondition, "room_full", "The room is full.")
  static let isPublic = RPCError(
    .failedPrecondition, "room_public", "A public room needs no invite code.")
  static let tooManyRooms = RPCError(
    .failedPrecondition, "too_many_rooms", "You are the host of too many active rooms.")
  static let tooManyInvitations = RPCError(
    .failedPrecondition, "too_many_invitations", "Too many people are invited to the room.")
}
