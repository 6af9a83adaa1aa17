import Contracts
import Wire

extension FocusRooms {
  public func getTimer(
    _ request: GetTimerRequest, _ context: CallContext
  ) async throws -> Timer {
    let room = try await visibleRoom(request.roomID, code: request.inviteCode, context)
    return room.timerMessage(now: now())
  }

  public func startTimer(
    _ request: ControlTimerRequest, _ context: CallContext
  ) async throws -> Timer {
    try await control(request, context) { open in
      open.room.timer.start(at: open.now, open.room.plan)
    }
  }

  public func pauseTimer(
    _ request: ControlTimerRequest, _ context: CallContext
  ) async throws -> Timer {
    try await control(request, context) { open in
      do {
        try open.room.timer.pause(at: open.now)
      } catch {
        throw Refusal.tooManyPauses
      }
    }
  }

  public func resetTimer(
    _ request: ControlTimerRequest, _ context: CallContext
  ) async throws -> Timer {
    try await control(request, context) { open in
      open.room.timer.reset()
      try await open.forgetStays()
    }
  }

  public func completeTimer(
    _ request: ControlTimerRequest, _ context: CallContext
  ) async throws -> Timer {
    try await control(request, context) { open in
      // What this call itself had to catch up is what the host wanted to complete.
      if open.ranOutAt == nil { try await open.complete() }
    }
  }

  public func skipPhase(
    _ request: ControlTimerRequest, _ context: CallContext
  ) async throws -> Timer {
    try await control(request, context) { open in
      open.room.timer.skip(at: open.now, open.room.plan)
      try await open.forgetStays()
    }
  }

  /// Does something to the timer, unless the caller meant an earlier version of it.
  private func control(
    _ request: ControlTimerRequest, _ context: CallContext,
    _ operation: (OpenRoom) async throws -> Void
  ) async throws -> Timer {
    try await changeAsHost(request.roomID, context) { open in
      if request.version == nil || request.version == open.room.timer.version {
        try await operation(open)
      }
      return open.room.timerMessage(now: open.now)
    }
  }
}
