// Command pulumi-language-python runs Python programs and policy packs for a Pulumi CLI that was built from Go modules.
//
// The official Python language host is not published as a Go module. This one serves the same protocol on top of the
// SDK's own Python toolchain package and exec script, and leaves out code generation, debuggers and type checkers.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthgrpc "google.golang.org/grpc/health/grpc_health_v1"
)

// maxMessageBytes is the engine's own limit for a message, 400 MB.
const maxMessageBytes = 400 * 1024 * 1024

// execScriptName is the SDK's script that sets up the Python runtime and then runs the program.
const execScriptName = "pulumi-language-python-exec"

func main() {
	if err := serve(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve answers the engine until it asks the host to stop, or dies.
func serve(args []string) error {
	engineAddress, err := parseArguments(args)
	if err != nil {
		return err
	}
	executable, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding the directory of the language host: %w", err)
	}
	if err := leadProcessGroup(); err != nil {
		return fmt.Errorf("making the language host the leader of its process group: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening on the loopback interface: %w", err)
	}

	// Waiting for the handlers means that no program outlives the host: see runInOwnGroup.
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessageBytes), grpc.WaitForHandlers(true))
	execScript := filepath.Join(filepath.Dir(executable), execScriptName)
	pulumirpc.RegisterLanguageRuntimeServer(server, newLanguageHost(engineAddress, execScript))
	healthgrpc.RegisterHealthServer(server, health.NewServer())

	stopped := stopWithEngine(server, os.Stdin)
	// The first line of output is the contract with the engine: the port, and nothing else.
	fmt.Printf("%d\n", listener.Addr().(*net.TCPAddr).Port)
	if err := server.Serve(listener); err != nil {
		return fmt.Errorf("serving the engine: %w", err)
	}
	<-stopped
	return nil
}

// parseArguments returns the engine's address. The engine also hands each plugin its own logging flags.
func parseArguments(args []string) (string, error) {
	flags := flag.NewFlagSet("pulumi-language-python", flag.ContinueOnError)
	flags.String("tracing", "", "accepted from the engine, unused")
	flags.Bool("logtostderr", false, "accepted from the engine, unused")
	flags.Bool("logflow", false, "accepted from the engine, unused")
	flags.Int("v", 0, "accepted from the engine, unused")
	if err := flags.Parse(args); err != nil {
		return "", err
	}
	if flags.NArg() == 0 {
		return "", fmt.Errorf("got no address of an engine, expected one as argument: only the Pulumi engine starts this program")
	}
	return flags.Arg(0), nil
}
