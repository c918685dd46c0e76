package main

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// About describes the Python that runs the program.
func (host *languageHost) About(
	ctx context.Context, request *pulumirpc.AboutRequest,
) (*pulumirpc.AboutResponse, error) {
	options, err := parseOptions(request.Info)
	if err != nil {
		return nil, err
	}
	python, err := toolchain.ResolveToolchain(options)
	if err != nil {
		return nil, err
	}
	info, err := python.About(ctx)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{
		Executable: info.PythonExecutable,
		Version:    info.PythonVersion.String(),
		Metadata: map[string]string{
			"toolchain":        strings.ToLower(toolchain.Name(options.Toolchain)),
			"toolchainVersion": info.ToolchainVersion.String(),
		},
	}, nil
}

// InstallDependencies makes the virtual environment and installs what the project lists, and reports its progress.
func (host *languageHost) InstallDependencies(
	request *pulumirpc.InstallDependenciesRequest, stream pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	python, err := resolveToolchain(request.Info)
	if err != nil {
		return err
	}
	closer, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(stream, request.IsTerminal)
	if err != nil {
		return err
	}
	err = python.InstallDependencies(stream.Context(), request.Info.ProgramDirectory, request.UseLanguageVersionTools,
		true /* showOutput */, stdout, stderr)
	return errors.Join(err, closer.Close())
}

// RuntimeOptionsPrompts asks `pulumi new` for the package manager, unless the template has chosen one.
func (host *languageHost) RuntimeOptionsPrompts(
	_ context.Context, request *pulumirpc.RuntimeOptionsRequest,
) (*pulumirpc.RuntimeOptionsResponse, error) {
	if _, chosen := request.Info.GetOptions().AsMap()["toolchain"]; chosen {
		return &pulumirpc.RuntimeOptionsResponse{}, nil
	}
	choice := func(name string) *pulumirpc.RuntimeOptionPrompt_RuntimeOptionValue {
		return &pulumirpc.RuntimeOptionPrompt_RuntimeOptionValue{
			PromptType:  pulumirpc.RuntimeOptionPrompt_STRING,
			StringValue: name,
			DisplayName: name,
		}
	}
	return &pulumirpc.RuntimeOptionsResponse{Prompts: []*pulumirpc.RuntimeOptionPrompt{{
		Key:         "toolchain",
		Description: "The package manager to use for Python dependencies",
		PromptType:  pulumirpc.RuntimeOptionPrompt_STRING,
		Choices:     []*pulumirpc.RuntimeOptionPrompt_RuntimeOptionValue{choice("pip"), choice("poetry"), choice("uv")},
		Default:     choice("pip"),
	}}}, nil
}

// Template turns a new project's requirements into the form of its package manager.
func (host *languageHost) Template(
	ctx context.Context, request *pulumirpc.TemplateRequest,
) (*pulumirpc.TemplateResponse, error) {
	python, err := resolveToolchain(request.Info)
	if err != nil {
		return nil, err
	}
	err = python.PrepareProject(ctx, request.ProjectName, request.Info.ProgramDirectory, false, /* showOutput */
		io.Discard, io.Discard)
	return &pulumirpc.TemplateResponse{}, err
}
