package main

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Stopping a program also stops its children, without waiting for the rest of their output.
func TestStoppingAProgramStopsItsChildren(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, "sh", "-c", "sleep 300 & echo $!; wait")
	output := &firstLine{seen: make(chan string, 1)}
	command.Stdout = output
	finished := make(chan error, 1)
	go func() { finished <- runInOwnGroup(command) }()

	child, err := strconv.Atoi(strings.TrimSpace(<-output.seen))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case err := <-finished:
		if err == nil {
			t.Error("a killed program counts as a success")
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the program still runs")
	}
	for deadline := time.Now().Add(5 * time.Second); isRunning(child); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the program's child still runs")
		}
	}
}

// The engine's Cancel ends a call that would go on for ever.
func TestEndingWithEither(t *testing.T) {
	host := newLanguageHost("", "")
	ctx, done := endingWithEither(context.Background(), host.cancelled)
	defer done()
	if ctx.Err() != nil {
		t.Fatal("it has ended already")
	}
	if _, err := host.Cancel(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ctx.Done():
	case <-time.After(5 * time.Second):
		t.Error("it goes on")
	}
}

// isRunning is whether the process is there and not merely waiting for its parent to notice its death.
func isRunning(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(string(state), "Z")
}

// firstLine hands on the first thing that is written to it.
type firstLine struct{ seen chan string }

func (line *firstLine) Write(content []byte) (int, error) {
	select {
	case line.seen <- string(content):
	default:
	}
	return len(content), nil
}
