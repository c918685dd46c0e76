package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// resolveToolchain returns the Python toolchain that runtime.options in the project's file ask for.
func resolveToolchain(info *pulumirpc.ProgramInfo) (toolchain.Toolchain, error) {
	options, err := parseOptions(info)
	if err != nil {
		return nil, err
	}
	return toolchain.ResolveToolchain(options)
}

// parseOptions reads runtime.options, and refuses what this host cannot honour.
func parseOptions(info *pulumirpc.ProgramInfo) (toolchain.PythonOptions, error) {
	parsed := toolchain.PythonOptions{Root: info.GetRootDirectory(), ProgramDir: info.GetProgramDirectory()}
	given := info.GetOptions().AsMap()
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value, isText := given[name].(string)
		if !isText {
			return parsed, fmt.Errorf("runtime.options.%s: got %v, expected a string", name, given[name])
		}
		switch name {
		case "virtualenv":
			parsed.Virtualenv = value
		case "toolchain":
			switch strings.ToLower(value) {
			case "pip":
				parsed.Toolchain = toolchain.Pip
			case "poetry":
				parsed.Toolchain = toolchain.Poetry
			case "uv":
				parsed.Toolchain = toolchain.Uv
			default:
				return parsed, fmt.Errorf("runtime.options.toolchain: got %q, expected pip, poetry or uv", value)
			}
		case "typechecker":
			return parsed, fmt.Errorf("runtime.options.typechecker: got %q, expected none: "+
				"only the official Pulumi release runs a type checker", value)
		default:
			return parsed, fmt.Errorf(
				"runtime.options: got %q, expected virtualenv or toolchain", name)
		}
	}
	return parsed, nil
}
