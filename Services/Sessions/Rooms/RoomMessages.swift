import Contracts

extension FocusRoom {
  /// The room as a user sees it.
  func message(for userID: String) -> Room {
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

extension RoomMember {
  var message: Participant {
    Participant(
      id: id, roomID: roomID, userID: userID, username: username,
      status: isIdle ? .idle : .active, isHost: isHost, joinedAt: joinedAt)
  }
}
