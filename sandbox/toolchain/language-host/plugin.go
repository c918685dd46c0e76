package main

import (
	"context"
	"errors"
	"os/exec"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// RunPlugin runs a policy pack, or another plugin written in Python, until it ends or the engine lets go of it.
func (host *languageHost) RunPlugin(
	request *pulumirpc.RunPluginRequest, stream pulumirpc.LanguageRuntime_RunPluginServer,
) error {
	if request.GetAttachDebugger() {
		return notImplemented("attaching a debugger")
	}
	python, err := resolveToolchain(request.Info)
	if err != nil {
		return err
	}
	if err := python.ValidateVenv(stream.Context()); err != nil {
		return err
	}
	ctx, done := endingWithEither(stream.Context(), host.cancelled)
	defer done()
	command, err := python.Command(ctx, pluginArguments(request)...)
	if err != nil {
		return err
	}
	command.Env, err = pluginEnvironment(ctx, python, request.Env)
	if err != nil {
		return err
	}
	command.Dir = request.Pwd
	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(stream, false)
	if err != nil {
		return err
	}
	command.Stdout, command.Stderr = stdout, stderr
	exitCode, err := pluginOutcome(ctx, runInOwnGroup(command))
	if err = errors.Join(err, closer.Close()); err != nil {
		return err
	}
	return stream.Send(&pulumirpc.RunPluginResponse{
		Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: exitCode},
	})
}

// pluginArguments is Python's command line. The SDK's pulumi.policy module sets up the runtime of a policy pack and
// takes the pack's directory after the engine's arguments; any other plugin is run as a program.
func pluginArguments(request *pulumirpc.RunPluginRequest) []string {
	if request.Kind == string(apitype.AnalyzerPlugin) {
		return slices.Concat([]string{"-u", "-m", "pulumi.policy"}, request.Args, []string{entryPoint(request.Info)})
	}
	return slices.Concat([]string{"-u", entryPoint(request.Info)}, request.Args)
}

// pluginEnvironment is the environment that the engine chose, with the virtual environment's programs found first.
func pluginEnvironment(ctx context.Context, python toolchain.Toolchain, chosen []string) ([]string, error) {
	virtualenv, err := python.VirtualEnvPath(ctx)
	if err != nil || virtualenv == "" {
		return chosen, err
	}
	return toolchain.ActivateVirtualEnv(chosen, virtualenv), nil
}

// pluginOutcome is the exit status of a plugin that ran; being killed once the engine no longer needs it is success.
func pluginOutcome(ctx context.Context, err error) (int32, error) {
	var exit *exec.ExitError
	switch {
	case err == nil || ctx.Err() != nil:
		return 0, nil
	case errors.As(err, &exit):
		return int32(exit.ExitCode()), nil
	default:
		return 0, err
	}
}
