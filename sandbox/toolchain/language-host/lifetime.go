package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"google.golang.org/grpc"
)

// pipeGrace is how long a killed program's output is waited for; a daemon that it left behind may hold the pipe open.
const pipeGrace = time.Second

// leadProcessGroup makes this process the leader of its group, so that stopWithEngine can signal the group safely.
// The engine has already done so; a shell without job control has not.
func leadProcessGroup() error {
	if syscall.Getpgrp() == os.Getpid() {
		return nil
	}
	return syscall.Setpgid(0, 0)
}

// stopWithEngine stops the server on SIGINT, on SIGTERM, and when the engine dies: the engine holds the other end of
// standard input, and a killed engine sends no signal. The channel closes once everything that was started is gone.
func stopWithEngine(server *grpc.Server, stdin io.Reader) <-chan struct{} {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	engineGone := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		close(engineGone)
	}()

	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-signals:
		case <-engineGone:
		}
		// pip, which the SDK's toolchain starts without a context, is in the host's own group.
		signal.Ignore(syscall.SIGTERM)
		_ = syscall.Kill(-os.Getpid(), syscall.SIGTERM)
		server.Stop()
	}()
	return stopped
}

// runInOwnGroup runs a command whose context, when it ends, kills the command and all that it started.
//
// Its own group keeps the terminal's and the engine's SIGINT from the program, which would answer it with a
// KeyboardInterrupt traceback.
func runInOwnGroup(command *exec.Cmd) error {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error {
		err := syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
	command.WaitDelay = pipeGrace
	return command.Run()
}

// endingWithEither returns a copy of ctx that ends with other too. The caller calls the function when it is done.
func endingWithEither(ctx, other context.Context) (context.Context, context.CancelFunc) {
	merged, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(other, cancel)
	return merged, func() {
		stop()
		cancel()
	}
}
