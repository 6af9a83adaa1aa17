import Contracts

extension FocusRoom {
  /// The room as a user sees it, or everybody.
  func message(for userID: String?) -> Room {
    Room(
      id: id, name: name, hostID: hostID,
      workDuration: RoomPlan.minutes(milliseconds: plan.workMilliseconds),
      breakDuration: RoomPlan.minutes(milliseconds: plan.breakMilliseconds),
      longBreakDuration: RoomPlan.minutes(milliseconds: plan.longBreakMilliseconds),
      longBreakEvery: Int32(plan.longBreakEvery), autoStartBreak: plan.startsBreaks,
      visibility: inviteCode == nil ? .public : .private,
      inviteCode: hostID == userID ? inviteCode : nil, isActive: isActive,
      participantCount: Int32(participantCount), createdAt: createdAt, updatedAt: updatedAt,
      version: version)
  }

  /// What everybody may see who is in the room.
  func state(of members: [RoomMember], now: Int64) -> RoomState {
    let hostID = hostID
    return RoomState(
      room: message(for: nil), timer: timerMessage(now: now),
      participants: members.map { member in
        // The row of the room may not be written yet.
        var member = member
        member.isHost = member.userID == hostID
        return member.message
      })
  }

  /// The timer at `now`.
  func timerMessage(now: Int64) -> Timer {
    Timer(
      roomID: id, status: TimerStatus(number: timer.status.rawValue),
      phase: TimerPhase(number: timer.phase.rawValue),
      remainingSeconds: Double(timer.remainingMilliseconds(at: now, plan)) / 1000,
      durationSeconds: Double(timer.durationMilliseconds(plan)) / 1000,
      startedAt: timer.clock?.start, endsAt: timer.deadline, serverTime: now,
      cycle: Int32(timer.cycle), version: timer.version)
  }
}

extension FinishedPhase {
  func message(of roomID: String) -> CompletedPhase {
    CompletedPhase(
      roomID: roomID, phase: TimerPhase(number: phase.rawValue), cycle: Int32(cycle),
      durationSeconds: Double(milliseconds) / 1000, completedAt: end)
  }
}

extension RoomMember {
  var message: Participant {
    Participant(
      id: id, roomID: roomID, userID: userID, username: username,
      status: isIdle ? .idle : .active, isHost: isHost, joinedAt: joinedAt)
  }
}
