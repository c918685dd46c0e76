package main

import (
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
	"google.golang.org/protobuf/types/known/structpb"
)

func programInfo(t *testing.T, options map[string]any) *pulumirpc.ProgramInfo {
	t.Helper()
	encoded, err := structpb.NewStruct(options)
	if err != nil {
		t.Fatal(err)
	}
	return &pulumirpc.ProgramInfo{RootDirectory: "/project", ProgramDirectory: "/project/app", EntryPoint: ".", Options: encoded}
}

// The project's virtual environment and package manager are the ones that are used.
func TestOptionsAreHonoured(t *testing.T) {
	parsed, err := parseOptions(programInfo(t, map[string]any{"virtualenv": ".venv", "toolchain": "Poetry"}))
	if err != nil {
		t.Fatal(err)
	}
	want := toolchain.PythonOptions{
		Root: "/project", ProgramDir: "/project/app", Virtualenv: ".venv", Toolchain: toolchain.Poetry,
	}
	if parsed != want {
		t.Errorf("got %+v, want %+v", parsed, want)
	}
}

// A project without options gets whatever toolchain its lock files call for.
func TestNoOptions(t *testing.T) {
	parsed, err := parseOptions(&pulumirpc.ProgramInfo{RootDirectory: "/project", ProgramDirectory: "/elsewhere"})
	if err != nil {
		t.Fatal(err)
	}
	if parsed.Toolchain != toolchain.Auto || parsed.Virtualenv != "" {
		t.Errorf("got %+v", parsed)
	}
}

// What the host cannot honour is refused by name, never ignored.
func TestOptionsThatCannotBeHonoured(t *testing.T) {
	for name, test := range map[string]struct {
		options map[string]any
		says    string
	}{
		"type checker":      {map[string]any{"typechecker": "mypy"}, "only the official Pulumi release runs a type checker"},
		"unknown toolchain": {map[string]any{"toolchain": "conda"}, `runtime.options.toolchain: got "conda", expected pip, poetry or uv`},
		"not a string":      {map[string]any{"virtualenv": true}, `runtime.options.virtualenv: got true, expected a string`},
		"misspelt":          {map[string]any{"virtualenvv": "x"}, `got "virtualenvv", expected virtualenv or toolchain`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseOptions(programInfo(t, test.options))
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want an error with %q", err, test.says)
			}
		})
	}
}
