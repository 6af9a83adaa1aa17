import sys

import rpc

rpc.measure(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
