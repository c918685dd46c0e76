package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func writePluginFile(t *testing.T, sitePackages, name, content string) {
	t.Helper()
	directory := filepath.Join(sitePackages, name)
	if err := os.MkdirAll(directory, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(directory, "pulumi-plugin.json"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Each provider that is installed is listed once, by name and version; the first directory on Python's path wins.
func TestRequiredPackages(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	writePluginFile(t, first, "pulumi_aws", `{"resource": true, "name": "aws", "version": "7.51.1"}`)
	writePluginFile(t, first, "pulumi_policy", `{"resource": false}`)
	writePluginFile(t, first, "pulumi_aws_native", `{"resource": true, "server": "https://example.com"}`)
	writePluginFile(t, second, "pulumi_aws", `{"resource": true, "name": "aws", "version": "6.0.0"}`)
	if err := os.WriteFile(filepath.Join(first, "six.py"), nil, 0o600); err != nil {
		t.Fatal(err)
	}

	packages, err := requiredPackages([]string{"", filepath.Join(first, "python311.zip"), first, second})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, dependency := range packages {
		got = append(got, fmt.Sprintf("%s %s %q %q", dependency.Kind, dependency.Name, dependency.Version, dependency.Server))
	}
	want := []string{`resource aws "7.51.1" ""`, `resource aws-native "" "https://example.com"`}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A damaged file is an error that names it. Otherwise its plugin would be missing without a message.
func TestDamagedPluginFile(t *testing.T) {
	sitePackages := t.TempDir()
	writePluginFile(t, sitePackages, "pulumi_aws", `{`)
	if packages, err := requiredPackages([]string{sitePackages}); err == nil {
		t.Errorf("got %v and no error", packages)
	}
}
