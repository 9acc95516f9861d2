// Command parley runs a node, and is the tool of its owner.
//
// Exit status: 0 for success, 1 where something failed, 2 for a command line
// that cannot be understood. Errors go to standard error and say what to do.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"parley/internal/config"
	"parley/internal/fault"
)

// version is the program's, of the form that Mastodon's clients parse.
const version = "0.1.0"

type commands struct {
	Config string `help:"Settings file (TOML). PARLEY_* variables win over it." placeholder:"FILE" env:"PARLEY_CONFIG"`

	Demo     demoCommand        `cmd:"" help:"Run two departments and an identity provider on this machine, and say where to go."`
	Serve    serveCommand       `cmd:"" help:"Run a node."`
	Check    checkCommand       `cmd:"" help:"Say what is wrong with the settings, the machine and what is around them, and how to mend it."`
	Migrate  migrateCommand     `cmd:"" help:"Bring the database up to this version."`
	Backup   backupCommand      `cmd:"" help:"Keep the node in a folder."`
	Restore  restoreNodeCommand `cmd:"" help:"Make the node anew from a backup, into an empty database."`
	Account  accountCommand     `cmd:"" help:"Make and change accounts."`
	Shared   sharedCommand      `cmd:"" help:"Let several people act as one account, without a password."`
	Bot      botCommand         `cmd:"" help:"Make accounts that programs act as, and their tokens."`
	SCIM     scimCommand        `cmd:"" name:"scim" help:"Let the organisation's directory say who is there."`
	Identity identityCommand    `cmd:"" help:"See what rules for claims do."`
	Partner  partnerCommand     `cmd:"" help:"Decide which domains this node talks to."`
	Report   reportCommand      `cmd:"" help:"See what people and other nodes complain of."`
	Delivery deliveryCommand    `cmd:"" help:"See what does not arrive elsewhere, and try again."`
	Host     hostCommand        `cmd:"" help:"See which hosts do not answer."`
	Audit    auditCommand       `cmd:"" help:"Check the audit trail."`
	Sample   sampleCommand      `cmd:"" name:"config" help:"Print a settings file with every setting, commented."`
	Health   healthCommand      `cmd:"" help:"Ask the node that runs here whether it is well."`
	Version  versionCommand     `cmd:"" help:"Print the version, and what it was built from and with."`
}

// run is what every command gets.
type run struct {
	ctx    context.Context
	out    io.Writer
	err    io.Writer
	config string
}

func (r *run) load() (*config.Config, error) { return config.Load(r.config, os.Environ()) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(execute(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func execute(ctx context.Context, args []string, out, errs io.Writer) (status int) {
	var c commands
	// Asking for help ends the parse where it is.
	type exit int
	defer func() {
		if p := recover(); p != nil {
			code, ok := p.(exit)
			if !ok {
				panic(p)
			}
			status = int(code)
		}
	}()
	parser, err := kong.New(&c, kong.Name("parley"), kong.Description("Micro-blogging for organisations, on ActivityPub."),
		kong.Writers(out, errs), kong.Exit(func(code int) { panic(exit(code)) }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		panic(err) // the struct above is wrong
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(errs, "parley: %v\nTry: parley --help\n", err)
		return 2
	}
	err = command.Run(&run{ctx: ctx, out: out, err: errs, config: c.Config})
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(errs, "parley:", explain(err))
		return 1
	}
	return 0
}

// explain is an error for its reader: the sentence meant for him, and what is
// behind it.
func explain(err error) string {
	if e, ok := errors.AsType[*fault.Error](err); ok && e.Cause == nil {
		return e.Message
	}
	return err.Error()
}

type sampleCommand struct {
	Sample struct{} `cmd:"" help:"Print it." default:"1"`
}

func (sampleCommand) Run(r *run) error {
	_, err := io.WriteString(r.out, config.Sample())
	return err
}

type versionCommand struct{}

func (versionCommand) Run(r *run) error {
	commit, changed := "unknown", ""
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{GoVersion: "unknown"}
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = ", changed"
		}
	}
	_, err := fmt.Fprintf(r.out, "parley %s\ncommit %s%s\n%s\n", version, commit, changed, info.GoVersion)
	return err
}
