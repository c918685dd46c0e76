package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// exitMessageShown is the exec script's exit status for "failed, and the message has been shown".
const exitMessageShown = 32

// Run runs a program to its end. Its output is the host's own, which the engine shows line by line.
func (host *languageHost) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	if request.GetAttachDebugger() {
		return nil, notImplemented("attaching a debugger")
	}
	python, err := resolveToolchain(request.Info)
	if err != nil {
		return nil, err
	}
	if err := python.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	ctx, done := endingWithEither(ctx, host.cancelled)
	defer done()
	command, err := python.Command(ctx, host.programArguments(request)...)
	if err != nil {
		return nil, err
	}
	configuration, err := configEnvironment(request)
	if err != nil {
		return nil, err
	}
	if command.Env == nil {
		command.Env = os.Environ()
	}
	command.Env = append(command.Env, configuration...)
	command.Dir = request.Pwd
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	return runOutcome(ctx, runInOwnGroup(command)), nil
}

// runOutcome translates how the program ended. Bail means that the engine has nothing to add.
func runOutcome(ctx context.Context, err error) *pulumirpc.RunResponse {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}
	case ctx.Err() != nil:
		return &pulumirpc.RunResponse{Bail: true}
	case errors.As(err, &exit) && exit.ExitCode() == exitMessageShown:
		return &pulumirpc.RunResponse{Bail: true}
	case errors.As(err, &exit) && exit.Exited():
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program exited with status %d", exit.ExitCode())}
	case errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program was ended from outside (%s)", exit)}
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program could not be run: %s", err)}
	}
}

// programArguments is the exec script's command line. -u, because the engine shows output while the program runs.
func (host *languageHost) programArguments(request *pulumirpc.RunRequest) []string {
	arguments := []string{
		"-u", host.execScript,
		"--monitor", request.MonitorAddress,
		"--engine", host.engineAddress,
		"--project", request.Project,
		"--root_directory", request.Info.GetRootDirectory(),
		"--stack", request.Stack,
		"--organization", request.Organization,
		"--pwd", request.Pwd,
		"--dry_run", strconv.FormatBool(request.DryRun),
		"--parallel", strconv.Itoa(int(request.Parallel)),
		entryPoint(request.Info),
	}
	return append(arguments, request.Args...)
}

// entryPoint is the absolute path of the program's file, or of a directory that holds a __main__.py.
func entryPoint(info *pulumirpc.ProgramInfo) string {
	return filepath.Join(info.GetProgramDirectory(), info.GetEntryPoint())
}

// configEnvironment hands the stack's configuration to the program, in the form that the SDK reads.
func configEnvironment(request *pulumirpc.RunRequest) ([]string, error) {
	// The SDK fails on a JSON null, which is how Go writes a nil map or slice.
	values := request.Config
	if values == nil {
		values = map[string]string{}
	}
	secretKeys := request.ConfigSecretKeys
	if secretKeys == nil {
		secretKeys = []string{}
	}
	encodedValues, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	encodedKeys, err := json.Marshal(secretKeys)
	if err != nil {
		return nil, err
	}
	return []string{"PULUMI_CONFIG=" + string(encodedValues), "PULUMI_CONFIG_SECRET_KEYS=" + string(encodedKeys)}, nil
}
