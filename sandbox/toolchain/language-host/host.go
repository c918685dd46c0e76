package main

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// languageHost is the service that the engine calls.
type languageHost struct {
	pulumirpc.UnsafeLanguageRuntimeServer

	engineAddress string
	execScript    string

	// cancelled ends when the engine asks for everything that runs to be stopped.
	cancelled context.Context
	cancel    context.CancelFunc
}

func newLanguageHost(engineAddress, execScript string) *languageHost {
	cancelled, cancel := context.WithCancel(context.Background())
	return &languageHost{engineAddress: engineAddress, execScript: execScript, cancelled: cancelled, cancel: cancel}
}

// Handshake takes the engine's address from an engine that attaches to a running host; an engine that starts the host
// passes it as argument.
func (host *languageHost) Handshake(
	_ context.Context, request *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	host.engineAddress = request.EngineAddress
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// GetPluginInfo returns the version of the SDK that the host is built from.
func (host *languageHost) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version.Version}, nil
}

// Cancel ends every running program; the engine has shown why already.
func (host *languageHost) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	host.cancel()
	return &emptypb.Empty{}, nil
}

// notImplemented is the answer to what only the official language host can do.
func notImplemented(operation string) error {
	return status.Errorf(codes.Unimplemented,
		"%s is not implemented by this language host: use the official Pulumi release", operation)
}

func (host *languageHost) GenerateProgram(
	context.Context, *pulumirpc.GenerateProgramRequest,
) (*pulumirpc.GenerateProgramResponse, error) {
	return nil, notImplemented("generating a program")
}

func (host *languageHost) GenerateProject(
	context.Context, *pulumirpc.GenerateProjectRequest,
) (*pulumirpc.GenerateProjectResponse, error) {
	return nil, notImplemented("generating a project")
}

func (host *languageHost) GeneratePackage(
	context.Context, *pulumirpc.GeneratePackageRequest,
) (*pulumirpc.GeneratePackageResponse, error) {
	return nil, notImplemented("generating an SDK")
}

func (host *languageHost) Pack(context.Context, *pulumirpc.PackRequest) (*pulumirpc.PackResponse, error) {
	return nil, notImplemented("packing an SDK")
}

func (host *languageHost) Link(context.Context, *pulumirpc.LinkRequest) (*pulumirpc.LinkResponse, error) {
	return nil, notImplemented("linking a local package")
}
