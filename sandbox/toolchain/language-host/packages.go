package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/errutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// printModulePath makes Python print where it looks for packages, editable installs included.
const printModulePath = `import json, sys; print(json.dumps(sys.path))`

// GetRequiredPackages returns the provider plugins of the installed Python packages. Each package of a provider names
// its plugin in a pulumi-plugin.json.
func (host *languageHost) GetRequiredPackages(
	ctx context.Context, request *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	directories, err := modulePath(ctx, request.Info)
	if err != nil {
		return nil, err
	}
	packages, err := requiredPackages(directories)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.GetRequiredPackagesResponse{Packages: packages}, nil
}

// GetRequiredPlugins is the predecessor of GetRequiredPackages: an engine of this version never calls it.
func (host *languageHost) GetRequiredPlugins(
	context.Context, *pulumirpc.GetRequiredPluginsRequest,
) (*pulumirpc.GetRequiredPluginsResponse, error) {
	return nil, notImplemented("the old way of listing plugins")
}

// GetProgramDependencies returns the installed Python packages, as `pulumi about` shows them.
func (host *languageHost) GetProgramDependencies(
	ctx context.Context, request *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	python, err := resolveToolchain(request.Info)
	if err != nil {
		return nil, err
	}
	installed, err := python.ListPackages(ctx, request.TransitiveDependencies)
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GetProgramDependenciesResponse{}
	for _, dependency := range installed {
		response.Dependencies = append(response.Dependencies,
			&pulumirpc.DependencyInfo{Name: dependency.Name, Version: dependency.Version})
	}
	return response, nil
}

// modulePath is the program's sys.path.
func modulePath(ctx context.Context, info *pulumirpc.ProgramInfo) ([]string, error) {
	python, err := resolveToolchain(info)
	if err != nil {
		return nil, err
	}
	if err := python.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	command, err := python.Command(ctx, "-c", printModulePath)
	if err != nil {
		return nil, err
	}
	output, err := command.Output()
	if err != nil {
		return nil, errutil.ErrorWithStderr(err, "asking Python where its packages are")
	}
	var directories []string
	if err := json.Unmarshal(output, &directories); err != nil {
		return nil, fmt.Errorf("reading where Python's packages are: %w", err)
	}
	return directories, nil
}

// requiredPackages reads every pulumi-plugin.json under the directories, each provider once.
func requiredPackages(directories []string) ([]*pulumirpc.PackageDependency, error) {
	found := map[string]*pulumirpc.PackageDependency{}
	for _, directory := range directories {
		if directory == "" {
			continue
		}
		entries, err := os.ReadDir(directory)
		if err != nil {
			continue // Python, too, skips entries of its path that are archives or absent.
		}
		for _, entry := range entries {
			dependency, err := readPluginFile(filepath.Join(directory, entry.Name()))
			if err != nil {
				return nil, err
			}
			if dependency != nil && found[dependency.Name] == nil {
				found[dependency.Name] = dependency
			}
		}
	}
	packages := make([]*pulumirpc.PackageDependency, 0, len(found))
	for _, dependency := range found {
		packages = append(packages, dependency)
	}
	slices.SortFunc(packages, func(a, b *pulumirpc.PackageDependency) int { return strings.Compare(a.Name, b.Name) })
	return packages, nil
}

// readPluginFile returns the provider plugin that a Python package stands for, nil when it stands for none.
func readPluginFile(packageDirectory string) (*pulumirpc.PackageDependency, error) {
	path := filepath.Join(packageDirectory, "pulumi-plugin.json")
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, nil // no such file: an ordinary package, or not a directory at all
	}
	var described plugin.PulumiPluginJSON
	if err := json.Unmarshal(content, &described); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if !described.Resource {
		return nil, nil
	}
	name := described.Name
	if name == "" {
		name = strings.ReplaceAll(strings.TrimPrefix(filepath.Base(packageDirectory), "pulumi_"), "_", "-")
	}
	return &pulumirpc.PackageDependency{
		Name:             name,
		Kind:             string(apitype.ResourcePlugin),
		Version:          described.Version,
		Server:           described.Server,
		Parameterization: parameterization(described.Parameterization),
		Extension:        parameterization(described.ExtensionParameterization),
	}, nil
}

func parameterization(described *plugin.PulumiParameterizationJSON) *pulumirpc.PackageParameterization {
	if described == nil {
		return nil
	}
	return &pulumirpc.PackageParameterization{
		Name: described.Name, Version: described.Version, Value: described.Value,
	}
}
