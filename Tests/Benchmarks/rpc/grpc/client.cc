// Keeps calls in flight on one channel, by a completion queue on one thread: gRPC's fastest client
// for this.
//
//   grpc-client PORT IN-FLIGHT SECONDS SERVER-PID

#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../measure.h"
#include "echo.grpc.pb.h"

namespace bench = focal::benchmark::v1;

struct Call {
  std::optional<grpc::ClientContext> context;
  bench::Payload answer;
  grpc::Status status;
  double start = 0;
  std::unique_ptr<grpc::ClientAsyncResponseReader<bench::Payload>> reader;
};

class Load {
 public:
  Load(const std::string& address, int in_flight)
      : stub_(bench::Echo::NewStub(
            grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))),
        calls_(in_flight) {
    request_.set_data(std::string(100, 'x'));
    for (Call& call : calls_) begin(call);
  }

  // Answers until `end`; their latencies, in microseconds, go to `latencies` if there is one.
  bool run(double end, std::vector<float>* latencies) {
    for (;;) {
      void* tag = nullptr;
      bool ok = false;
      if (!queue_.Next(&tag, &ok) || !ok) return false;
      Call& call = *static_cast<Call*>(tag);
      if (!call.status.ok() || call.answer.data().size() != 100) {
        std::cerr << call.status.error_message() << "\n";
        return false;
      }
      double now = seconds_now();
      if (latencies) latencies->push_back(static_cast<float>((now - call.start) * 1e6));
      begin(call);
      if (now > end) return true;
    }
  }

 private:
  void begin(Call& call) {
    call.context.emplace();
    call.start = seconds_now();
    call.reader = stub_->AsyncCall(&*call.context, request_, &queue_);
    call.reader->Finish(&call.answer, &call.status, &call);
  }

  std::unique_ptr<bench::Echo::Stub> stub_;
  grpc::CompletionQueue queue_;
  bench::Payload request_;
  std::vector<Call> calls_;
};

int main(int count, char** arguments) {
  if (count != 5) {
    std::cerr << "grpc-client PORT IN-FLIGHT SECONDS SERVER-PID\n";
    return 64;
  }
  int in_flight = atoi(arguments[2]), server = atoi(arguments[4]);
  double seconds = atof(arguments[3]);
  Load load(std::string("127.0.0.1:") + arguments[1], in_flight);
  if (!load.run(seconds_now() + 1, nullptr)) return 1;
  std::vector<float> latencies;
  latencies.reserve(4'000'000);
  double start = seconds_now(), server_cpu = cpu_of(server), own_cpu = cpu_of_this_process();
  if (!load.run(start + seconds, &latencies)) return 1;
  double elapsed = seconds_now() - start;
  report(in_flight, elapsed, cpu_of(server) - server_cpu, cpu_of_this_process() - own_cpu,
         latencies.data(), latencies.size());
  // Without waiting for the calls that are still in flight.
  _exit(0);
}
