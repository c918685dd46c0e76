package main

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// The SDK reads the configuration as JSON objects and lists, and fails on null.
func TestConfigEnvironment(t *testing.T) {
	for name, test := range map[string]struct {
		request *pulumirpc.RunRequest
		want    []string
	}{
		"none": {&pulumirpc.RunRequest{}, []string{"PULUMI_CONFIG={}", "PULUMI_CONFIG_SECRET_KEYS=[]"}},
		"some": {
			&pulumirpc.RunRequest{Config: map[string]string{"shop:pin": "12"}, ConfigSecretKeys: []string{"shop:pin"}},
			[]string{`PULUMI_CONFIG={"shop:pin":"12"}`, `PULUMI_CONFIG_SECRET_KEYS=["shop:pin"]`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := configEnvironment(test.request)
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("got %v, %v; want %v", got, err, test.want)
			}
		})
	}
}

// The exec script gets the engine's addresses, and the program by its absolute path.
func TestProgramArguments(t *testing.T) {
	host := newLanguageHost("127.0.0.1:1", "/cli/exec")
	arguments := strings.Join(host.programArguments(&pulumirpc.RunRequest{
		MonitorAddress: "127.0.0.1:2", Project: "magento", Stack: "prod", Organization: "organization", Pwd: "/shop",
		DryRun: true, Parallel: 4, Args: []string{"--fast"},
		Info: &pulumirpc.ProgramInfo{RootDirectory: "/shop", ProgramDirectory: "/shop", EntryPoint: "."},
	}), " ")
	want := "-u /cli/exec --monitor 127.0.0.1:2 --engine 127.0.0.1:1 --project magento --root_directory /shop " +
		"--stack prod --organization organization --pwd /shop --dry_run true --parallel 4 /shop --fast"
	if arguments != want {
		t.Errorf("got  %s\nwant %s", arguments, want)
	}
}

// A policy pack is run by the SDK's own module; any other plugin is a program.
func TestPluginArguments(t *testing.T) {
	info := &pulumirpc.ProgramInfo{ProgramDirectory: "/shop/policies", EntryPoint: "."}
	for kind, want := range map[string]string{
		"analyzer": "-u -m pulumi.policy 127.0.0.1:1 /shop/policies",
		"resource": "-u /shop/policies 127.0.0.1:1",
	} {
		got := pluginArguments(&pulumirpc.RunPluginRequest{Kind: kind, Info: info, Args: []string{"127.0.0.1:1"}})
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %v, want %s", kind, got, want)
		}
	}
}

// The reason of a failure is shown once, by the script or by the engine, and not at all if the user stopped the program.
func TestRunOutcome(t *testing.T) {
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	exitWith := func(command string) error { return exec.Command("sh", "-c", command).Run() }
	for name, test := range map[string]struct {
		ctx  context.Context
		err  error
		says string
		bail bool
	}{
		"success":          {context.Background(), nil, "", false},
		"message shown":    {context.Background(), exitWith("exit 32"), "", true},
		"failed":           {context.Background(), exitWith("exit 3"), "the program exited with status 3", false},
		"killed by others": {context.Background(), exitWith("kill -9 $$"), "ended from outside (signal: killed)", false},
		"no Python":        {context.Background(), os.ErrNotExist, "could not be run", false},
		"stopped":          {cancelled, exitWith("kill -9 $$"), "", true},
	} {
		t.Run(name, func(t *testing.T) {
			got := runOutcome(test.ctx, test.err)
			if !strings.Contains(got.Error, test.says) || (test.says == "") != (got.Error == "") || got.Bail != test.bail {
				t.Errorf("got %q, bail %t; want %q, bail %t", got.Error, got.Bail, test.says, test.bail)
			}
		})
	}
}
