// What an application does with PostgreSQL's own driver for Java: every step prints its name and what it saw.

import java.io.StringReader;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Properties;
import org.postgresql.PGConnection;
import org.postgresql.PGStatement;

/** Arguments: a URL without parameters, user, password, a file of trusted roots or "-". */
public final class OrdersClient {
  private static final int ROWS = 5000;
  private final String url;
  private final Properties login = new Properties();

  private OrdersClient(String[] arguments) {
    url = arguments[0];
    login.setProperty("user", arguments[1]);
    login.setProperty("password", arguments[2]);
    if (!arguments[3].equals("-")) {
      login.setProperty("sslmode", "verify-ca");
      login.setProperty("sslrootcert", arguments[3]);
    }
  }

  public static void main(String[] arguments) throws Exception {
    OrdersClient client = new OrdersClient(arguments);
    for (String mode : new String[] {"simple", "extended", "extendedForPrepared", "extendedCacheEverything"}) {
      client.askIn(mode);
    }
    client.insertBatches();
    client.copyBothWays();
    client.fetchPiecewise();
    client.goOnAfterErrors();
    client.cancel();
    client.lookAtTheCatalogue();
  }

  private Connection connect(String... settings) throws SQLException {
    Properties all = new Properties();
    all.putAll(login);
    for (int i = 0; i < settings.length; i += 2) {
      all.setProperty(settings[i], settings[i + 1]);
    }
    return DriverManager.getConnection(url, all);
  }

  private static void say(String step, Object seen) {
    System.out.println(step + ": " + seen);
  }

  private void askIn(String mode) throws SQLException {
    try (Connection connection = connect("preferQueryMode", mode, "prepareThreshold", "2");
        PreparedStatement ask = connection.prepareStatement("SELECT note FROM orders WHERE id = ?")) {
      String found = "";
      for (int round = 0; round < 6; ++round) {
        ask.setInt(1, 1 + round % 2);
        try (ResultSet rows = ask.executeQuery()) {
          found += rows.next() ? rows.getString(1) + " " : "- ";
        }
      }
      boolean isSimple = mode.equals("simple");  // where nothing is prepared the driver's flag says nothing
      say(mode, found + (isSimple || ask.unwrap(PGStatement.class).isUseServerPrepare()));
    }
  }

  private void insertBatches() throws SQLException {
    for (String rewritten : new String[] {"false", "true"}) {
      try (Connection connection = connect("reWriteBatchedInserts", rewritten); Statement erase = connection.createStatement()) {
        erase.executeUpdate("DELETE FROM lines WHERE id >= 0");
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO lines (id, text) VALUES (?, ?)")) {
          for (int i = 0; i < ROWS; ++i) {
            insert.setInt(1, i);
            insert.setString(2, "it's line " + i);
            insert.addBatch();
          }
          say("batch, rewritten " + rewritten, insert.executeBatch().length + " " + count(connection));
        }
      }
    }
  }

  private static long count(Connection connection) throws SQLException {
    try (Statement ask = connection.createStatement(); ResultSet rows = ask.executeQuery("SELECT count(*) FROM lines")) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private void copyBothWays() throws Exception {
    try (Connection connection = connect(); Statement erase = connection.createStatement()) {
      var copies = connection.unwrap(PGConnection.class).getCopyAPI();
      StringWriter out = new StringWriter();
      long left = copies.copyOut("COPY lines (id, text) TO STDOUT", out);
      erase.executeUpdate("DELETE FROM lines WHERE id >= 0");
      long came = copies.copyIn("COPY lines (id, text) FROM STDIN", new StringReader(out.toString()));
      say("copy", left + " " + came + " " + count(connection));
      try {
        copies.copyIn("COPY lines (id, text) FROM STDIN", new StringReader("no number\tx\n"));
      } catch (SQLException error) {
        say("copy of what is none", error.getSQLState() + " " + count(connection));
      }
    }
  }

  private void fetchPiecewise() throws SQLException {
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      long sum = 0;
      try (PreparedStatement ask = connection.prepareStatement("SELECT id, text FROM lines")) {
        ask.setFetchSize(100);
        try (ResultSet rows = ask.executeQuery()) {
          while (rows.next()) {
            sum += rows.getInt(1);
          }
        }
      }
      connection.commit();
      say("fetch", sum);
    }
  }

  private void goOnAfterErrors() throws SQLException {
    try (Connection connection = connect(); Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.executeUpdate("UPDATE orders SET note = 'changed' WHERE id = 1");
      Savepoint before = connection.setSavepoint();
      for (String text : new String[] {"SELECT word FROM secret", "INSERT INTO orders VALUES (1, 'again')"}) {
        try {
          statement.execute(text);
          say("error", "none");
        } catch (SQLException error) {
          say("error", error.getSQLState());
          connection.rollback(before);
        }
      }
      try (ResultSet rows = statement.executeQuery("SELECT note FROM orders WHERE id = 1")) {
        rows.next();
        say("still there", rows.getString(1));
      }
      connection.rollback();
    }
  }

  private void cancel() throws Exception {
    try (Connection connection = connect(); Statement statement = connection.createStatement()) {
      statement.setQueryTimeout(1);
      try {
        statement.execute("SELECT pg_sleep(60)");
        say("cancel", "never came");
      } catch (SQLException error) {
        say("cancel", error.getSQLState() + " " + connection.isValid(10));
      }
    }
  }

  private void lookAtTheCatalogue() throws SQLException {
    try (Connection connection = connect()) {
      String names = "";
      try (ResultSet tables = connection.getMetaData().getTables(null, "public", "%", new String[] {"TABLE"})) {
        while (tables.next()) {
          names += tables.getString("TABLE_NAME") + " ";
        }
      }
      try (ResultSet columns = connection.getMetaData().getColumns(null, "public", "orders", "%")) {
        while (columns.next()) {
          names += columns.getString("COLUMN_NAME") + " ";
        }
      }
      try (ResultSet keys = connection.getMetaData().getPrimaryKeys(null, "public", "orders")) {
        keys.next();
        names += keys.getString("COLUMN_NAME");
      }
      say("catalogue", names);
    }
  }
}
