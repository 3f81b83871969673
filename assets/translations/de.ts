<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
  <context>
    <name>handcam</name>
    <message>
      <source> (assumed hand size)</source>
      <translation> (angenommene Handgröße)</translation>
    </message>
    <message>
      <source> It begins {0} frames earlier, at a key picture.</source>
      <translation> Sie beginnt {0} Bilder früher, bei einem Schlüsselbild.</translation>
    </message>
    <message>
      <source> and </source>
      <translation> und </translation>
    </message>
    <message>
      <source> · recorded as edited</source>
      <translation> · als gesetzt aufgenommen</translation>
    </message>
    <message>
      <source> · set by you</source>
      <translation> · von Ihnen gesetzt</translation>
    </message>
    <message>
      <source> · {0}, not {1}</source>
      <translation> · {0}, nicht {1}</translation>
    </message>
    <message>
      <source>0.2 to 1.2 m</source>
      <translation>0,2 bis 1,2 m</translation>
    </message>
    <message>
      <source>000 cm (assumed hand size)</source>
      <translation>000 cm (angenommene Handgröße)</translation>
    </message>
    <message>
      <source>000 fps</source>
      <translation>000 fps</translation>
    </message>
    <message>
      <source>00000 frames skipped</source>
      <translation>00000 Bilder übersprungen</translation>
    </message>
    <message>
      <source>1 frame skipped</source>
      <translation>1 Bild übersprungen</translation>
    </message>
    <message>
      <source>1 receiver</source>
      <translation>1 Empfänger</translation>
    </message>
    <message>
      <source>2D keypoints</source>
      <translation>2D-Punkte</translation>
    </message>
    <message>
      <source>3D  grid {0:.0f} cm</source>
      <translation>3D  Gitter {0:.0f} cm</translation>
    </message>
    <message>
      <source>3D view</source>
      <translation>3D-Ansicht</translation>
    </message>
    <message>
      <source>A is taken: go to another pose and press B</source>
      <translation>A ist genommen: zu anderer Pose gehen und B drücken</translation>
    </message>
    <message>
      <source>A random pose from the prior</source>
      <translation>Eine zufällige Pose</translation>
    </message>
    <message>
      <source>Accept  A</source>
      <translation>Annehmen  A</translation>
    </message>
    <message>
      <source>Accept or reject each hand</source>
      <translation>Jede Hand annehmen oder ablehnen</translation>
    </message>
    <message>
      <source>Address</source>
      <translation>Adresse</translation>
    </message>
    <message>
      <source>Address, e.g. http://192.168.1.20:8080/video</source>
      <translation>Adresse, z. B. http://192.168.1.20:8080/video</translation>
    </message>
    <message>
      <source>Age of the pixels</source>
      <translation>Alter der Pixel</translation>
    </message>
    <message>
      <source>Along</source>
      <translation>Längs</translation>
    </message>
    <message>
      <source>Also those that move nothing: the model leaves these dimensions empty</source>
      <translation>Auch die, die nichts bewegen: das Modell lässt diese Dimensionen leer</translation>
    </message>
    <message>
      <source>Also with K, while the session is played</source>
      <translation>Auch mit K, während die Sitzung spielt</translation>
    </message>
    <message>
      <source>An implicit surface from the joints alone: no seams, and it fuses where fingers touch</source>
      <translation>Eine implizite Fläche aus den Gelenken allein: ohne Nähte, und sie verschmilzt, wo Finger sich berühren</translation>
    </message>
    <message>
      <source>Angles</source>
      <translation>Winkel</translation>
    </message>
    <message>
      <source>Animations and labels; tables and logs hold both anyway</source>
      <translation>Animationen und Beurteilungen; Tabellen und Protokolle haben beide</translation>
    </message>
    <message>
      <source>Animations; joints then move by some millimetres</source>
      <translation>Animationen; Gelenke verschieben sich dann um einige Millimeter</translation>
    </message>
    <message>
      <source>Animations; nothing measured them. Tables mark them anyway</source>
      <translation>Animationen; nichts hat sie gemessen. Tabellen kennzeichnen sie ohnehin</translation>
    </message>
    <message>
      <source>As the crop's camera sees it</source>
      <translation>Wie die Kamera des Ausschnitts es sieht</translation>
    </message>
    <message>
      <source>As the system</source>
      <translation>Wie das System</translation>
    </message>
    <message>
      <source>Asking the camera…</source>
      <translation>Frage die Kamera…</translation>
    </message>
    <message>
      <source>B is taken: go to another pose and press A</source>
      <translation>B ist genommen: zu anderer Pose gehen und A drücken</translation>
    </message>
    <message>
      <source>Back</source>
      <translation>Zurück</translation>
    </message>
    <message>
      <source>Back to PCA</source>
      <translation>Zurück zu PCA</translation>
    </message>
    <message>
      <source>Back to the first view</source>
      <translation>Zurück zur ersten Ansicht</translation>
    </message>
    <message>
      <source>Back to where the last move began</source>
      <translation>Zurück zum Beginn der letzten Bewegung</translation>
    </message>
    <message>
      <source>Begin anew, e.g. before a range of motion is measured</source>
      <translation>Neu beginnen, z. B. vor dem Messen des Bewegungsumfangs</translation>
    </message>
    <message>
      <source>Blend</source>
      <translation>Mischung</translation>
    </message>
    <message>
      <source>Blurred: move more slowly, or give more light</source>
      <translation>Unscharf: langsamer bewegen oder mehr Licht</translation>
    </message>
    <message>
      <source>Board</source>
      <translation>Tafel</translation>
    </message>
    <message>
      <source>Board as PDF…</source>
      <translation>Tafel als PDF…</translation>
    </message>
    <message>
      <source>Board: {0}. Print it at 100 %, or show it full-screen.</source>
      <translation>Tafel: {0}. Mit 100 % drucken oder groß zeigen.</translation>
    </message>
    <message>
      <source>Bone lengths of this hand, measured over the first 20 frames and constant from then on.
Keep them under a name and use them at once the next time; the hand's length is set in the tool bar.
Weights with a bone-length input are given them; joints of other weights are rescaled to them.</source>
      <translation>Knochenlängen dieser Hand, über die ersten 20 Bilder gemessen und von da an fest.
Unter einem Namen behalten und das nächste Mal gleich verwenden; die Länge der Hand steht in der Leiste.
Gewichte mit Eingang für Knochenlängen bekommen sie; Gelenke anderer werden darauf gebracht.</translation>
    </message>
    <message>
      <source>Bones</source>
      <translation>Knochen</translation>
    </message>
    <message>
      <source>Bones of constant length</source>
      <translation>Knochen fester Länge</translation>
    </message>
    <message>
      <source>By the depth camera: mean and spread over the last seconds. Without one {0} are assumed.</source>
      <translation>Von der Tiefenkamera: Mittel und Streuung der letzten Sekunden. Ohne sie wird {0} angenommen.</translation>
    </message>
    <message>
      <source>CSV…</source>
      <translation>CSV…</translation>
    </message>
    <message>
      <source>Calibrate</source>
      <translation>Kalibrieren</translation>
    </message>
    <message>
      <source>Calibrated</source>
      <translation>Kalibriert</translation>
    </message>
    <message>
      <source>Calibrate…</source>
      <translation>Kalibrieren…</translation>
    </message>
    <message>
      <source>Camera</source>
      <translation>Kamera</translation>
    </message>
    <message>
      <source>Camera  {0}</source>
      <translation>Kamera  {0}</translation>
    </message>
    <message>
      <source>Camera picture</source>
      <translation>Kamerabild</translation>
    </message>
    <message>
      <source>Camera settings: {0}</source>
      <translation>Kamera einstellen: {0}</translation>
    </message>
    <message>
      <source>Camera settings…</source>
      <translation>Kamera einstellen…</translation>
    </message>
    <message>
      <source>Cancel</source>
      <translation>Abbrechen</translation>
    </message>
    <message>
      <source>Check and repair</source>
      <translation>Prüfen und reparieren</translation>
    </message>
    <message>
      <source>Checking every picture of {0}…</source>
      <translation>Prüfe jedes Bild von {0}…</translation>
    </message>
    <message>
      <source>Choose…</source>
      <translation>Wählen…</translation>
    </message>
    <message>
      <source>Clear</source>
      <translation>Leeren</translation>
    </message>
    <message>
      <source>Click to go there; right click to delete</source>
      <translation>Klick geht hin; Rechtsklick löscht</translation>
    </message>
    <message>
      <source>Click: go there · drag: move · wheel: zoom · double-click: whole map</source>
      <translation>Klick: hingehen · ziehen: schieben · Rad: Größe · Doppelklick: ganze Karte</translation>
    </message>
    <message>
      <source>Close</source>
      <translation>Schließen</translation>
    </message>
    <message>
      <source>Close; the demo goes on</source>
      <translation>Schließen; die Demo geht weiter</translation>
    </message>
    <message>
      <source>Codes</source>
      <translation>Codes</translation>
    </message>
    <message>
      <source>Colour</source>
      <translation>Farbe</translation>
    </message>
    <message>
      <source>Colours</source>
      <translation>Farben</translation>
    </message>
    <message>
      <source>Colours, size and language are taken at the next start.</source>
      <translation>Farben, Größe und Sprache gelten ab dem nächsten Start.</translation>
    </message>
    <message>
      <source>Colours, size of type, folder of recordings</source>
      <translation>Farben, Schriftgröße, Sprache, Ordner der Aufnahmen</translation>
    </message>
    <message>
      <source>Copied the measurements as a table</source>
      <translation>Messungen als Tabelle kopiert</translation>
    </message>
    <message>
      <source>Copied the pose as JSON</source>
      <translation>Pose als JSON kopiert</translation>
    </message>
    <message>
      <source>Copy</source>
      <translation>Kopieren</translation>
    </message>
    <message>
      <source>Copy it as a table</source>
      <translation>Als Tabelle kopieren</translation>
    </message>
    <message>
      <source>Copy pose</source>
      <translation>Pose kopieren</translation>
    </message>
    <message>
      <source>Crop</source>
      <translation>Ausschnitt</translation>
    </message>
    <message>
      <source>Ctrl Tab turns the pages</source>
      <translation>Strg Tab wechselt die Seiten</translation>
    </message>
    <message>
      <source>Cut off: move the hand into the picture</source>
      <translation>Abgeschnitten: die Hand ins Bild bringen</translation>
    </message>
    <message>
      <source>Dark</source>
      <translation>Dunkel</translation>
    </message>
    <message>
      <source>Dark picture: more light on the hand helps</source>
      <translation>Dunkles Bild: mehr Licht auf der Hand hilft</translation>
    </message>
    <message>
      <source>Delete</source>
      <translation>Löschen</translation>
    </message>
    <message>
      <source>Delete {0}</source>
      <translation>{0} löschen</translation>
    </message>
    <message>
      <source>Demo hand</source>
      <translation>Demohand</translation>
    </message>
    <message>
      <source>Demo, two hands</source>
      <translation>Demo, zwei Hände</translation>
    </message>
    <message>
      <source>Depth</source>
      <translation>Tiefe</translation>
    </message>
    <message>
      <source>Depth  ± 10 cm</source>
      <translation>Tiefe  ± 10 cm</translation>
    </message>
    <message>
      <source>Directions</source>
      <translation>Richtungen</translation>
    </message>
    <message>
      <source>Directions along which hands have more of one parameter, by ridge regression; R² on held-out hands</source>
      <translation>Richtungen, in denen ein Merkmal wächst, durch Ridge-Regression; R² an anderen Händen</translation>
    </message>
    <message>
      <source>Directions of the latent space</source>
      <translation>Richtungen des latenten Raums</translation>
    </message>
    <message>
      <source>Done.</source>
      <translation>Fertig.</translation>
    </message>
    <message>
      <source>Drag the knob; click a picture for half a sigma; double-click: back; Ctrl wheel: fine.</source>
      <translation>Knopf ziehen; Klick auf ein Bild: ein halbes Sigma; Doppelklick: zurück; Strg Rad: fein.</translation>
    </message>
    <message>
      <source>Drag to go from A to B</source>
      <translation>Ziehen, um von A nach B zu gehen</translation>
    </message>
    <message>
      <source>Drag to rotate, wheel to zoom, double-click to reset</source>
      <translation>Ziehen dreht, das Rad ändert die Größe, Doppelklick setzt zurück</translation>
    </message>
    <message>
      <source>Draw a line around points.</source>
      <translation>Eine Linie um Punkte ziehen.</translation>
    </message>
    <message>
      <source>Draw around points with the left button held</source>
      <translation>Punkte mit gehaltener linker Taste umfahren</translation>
    </message>
    <message>
      <source>Drive</source>
      <translation>Antrieb</translation>
    </message>
    <message>
      <source>Drop to open: video, photo, folder or session</source>
      <translation>Loslassen zum Öffnen: Video, Foto, Ordner oder Sitzung</translation>
    </message>
    <message>
      <source>Error</source>
      <translation>Fehler</translation>
    </message>
    <message>
      <source>Esc or a click closes this</source>
      <translation>Esc oder ein Klick schließt dies</translation>
    </message>
    <message>
      <source>Estimate the hands of the session anew; the recorded ones stay as a thin line</source>
      <translation>Die Hände der Sitzung neu schätzen; die aufgenommenen bleiben als dünne Linie</translation>
    </message>
    <message>
      <source>Every dimension, in order</source>
      <translation>Jede Dimension, der Reihe nach</translation>
    </message>
    <message>
      <source>Explorer</source>
      <translation>Explorer</translation>
    </message>
    <message>
      <source>Export</source>
      <translation>Export</translation>
    </message>
    <message>
      <source>Export the selection</source>
      <translation>Auswahl exportieren</translation>
    </message>
    <message>
      <source>Export {0}</source>
      <translation>Export von {0}</translation>
    </message>
    <message>
      <source>Export…</source>
      <translation>Export…</translation>
    </message>
    <message>
      <source>Exposure, gain, white balance, focus</source>
      <translation>Belichtung, Verstärkung, Weißabgleich, Schärfe</translation>
    </message>
    <message>
      <source>Far away ({0:.0f} px): come closer</source>
      <translation>Weit weg ({0:.0f} px): näher kommen</translation>
    </message>
    <message>
      <source>File to write</source>
      <translation>Zu schreibende Datei</translation>
    </message>
    <message>
      <source>First frame</source>
      <translation>Erstes Bild</translation>
    </message>
    <message>
      <source>Flip the picture like a mirror; sides stay the real person's</source>
      <translation>Zeigt das Bild wie ein Spiegel; die Seiten bleiben die der Person</translation>
    </message>
    <message>
      <source>Folder for recordings and snapshots</source>
      <translation>Ordner für Aufnahmen und Schnappschüsse</translation>
    </message>
    <message>
      <source>Follow the hand</source>
      <translation>Der Hand folgen</translation>
    </message>
    <message>
      <source>Forget</source>
      <translation>Vergessen</translation>
    </message>
    <message>
      <source>Forget {0}</source>
      <translation>{0} vergessen</translation>
    </message>
    <message>
      <source>Formats</source>
      <translation>Formate</translation>
    </message>
    <message>
      <source>Frames in which hands were estimated, per second</source>
      <translation>Bilder je Sekunde, in denen Hände geschätzt wurden</translation>
    </message>
    <message>
      <source>Frames that the disk was too slow for</source>
      <translation>Bilder, für die die Platte zu langsam war</translation>
    </message>
    <message>
      <source>Freeze</source>
      <translation>Anhalten</translation>
    </message>
    <message>
      <source>From</source>
      <translation>Von</translation>
    </message>
    <message>
      <source>From the camera to the hand. Without a depth camera it rests on the hand length that is set</source>
      <translation>Von der Kamera zur Hand. Ohne Tiefenkamera beruht es auf der gesetzten Handlänge</translation>
    </message>
    <message>
      <source>From the moment a picture reached the program to its being painted</source>
      <translation>Vom Eintreffen eines Bildes bis zum Zeichnen</translation>
    </message>
    <message>
      <source>Front</source>
      <translation>Vorn</translation>
    </message>
    <message>
      <source>Full screen</source>
      <translation>Ganzer Schirm</translation>
    </message>
    <message>
      <source>Further presets</source>
      <translation>Weitere Posen</translation>
    </message>
    <message>
      <source>Gestures</source>
      <translation>Gesten</translation>
    </message>
    <message>
      <source>Halo</source>
      <translation>Halo</translation>
    </message>
    <message>
      <source>Hand</source>
      <translation>Hand</translation>
    </message>
    <message>
      <source>Hands</source>
      <translation>Hände</translation>
    </message>
    <message>
      <source>Hands in view; of the real person, also where the picture is mirrored</source>
      <translation>Hände im Bild; die der Person, auch wenn das Bild gespiegelt ist</translation>
    </message>
    <message>
      <source>Hold still, make the motion, and hold still again.</source>
      <translation>Stillhalten, bewegen, wieder stillhalten.</translation>
    </message>
    <message>
      <source>Hold still.</source>
      <translation>Stillhalten.</translation>
    </message>
    <message>
      <source>Hold the latent where it is</source>
      <translation>Den latenten Vektor festhalten</translation>
    </message>
    <message>
      <source>Hold the pose still for {0:.1f} s.</source>
      <translation>Die Pose {0:.1f} s stillhalten.</translation>
    </message>
    <message>
      <source>How far each joint may be off: one standard deviation, across the camera's ray and along it</source>
      <translation>Wie weit jedes Gelenk daneben liegen kann: eine Standardabweichung, quer zum Kamerastrahl und längs</translation>
    </message>
    <message>
      <source>How many hands to follow; treat every hand as the left or the right one</source>
      <translation>Wie viele Hände verfolgt werden; jede als linke oder rechte nehmen</translation>
    </message>
    <message>
      <source>How the hand's surface is drawn (Shift+U)</source>
      <translation>Wie die Oberfläche der Hand gezeichnet wird (Umschalt U)</translation>
    </message>
    <message>
      <source>Interpolate from A to B and back</source>
      <translation>Von A nach B gehen und zurück</translation>
    </message>
    <message>
      <source>Interpolation</source>
      <translation>Weg von A nach B</translation>
    </message>
    <message>
      <source>Keep the pose shown under a name</source>
      <translation>Die gezeigte Pose unter einem Namen behalten</translation>
    </message>
    <message>
      <source>Keep these as…</source>
      <translation>Diese behalten als…</translation>
    </message>
    <message>
      <source>Keep these bones as</source>
      <translation>Diese Knochen behalten als</translation>
    </message>
    <message>
      <source>Keep {0:.1f} cm for cameras without depth</source>
      <translation>{0:.1f} cm für Kameras ohne Tiefe behalten</translation>
    </message>
    <message>
      <source>Keyboard and mouse</source>
      <translation>Tastatur und Maus</translation>
    </message>
    <message>
      <source>Known hands whose latents lie nearest; click to go there</source>
      <translation>Bekannte Hände, die am nächsten liegen; Klick geht hin</translation>
    </message>
    <message>
      <source>Label…</source>
      <translation>Beurteilen…</translation>
    </message>
    <message>
      <source>Language</source>
      <translation>Sprache</translation>
    </message>
    <message>
      <source>Lasso</source>
      <translation>Lasso</translation>
    </message>
    <message>
      <source>Last frame</source>
      <translation>Letztes Bild</translation>
    </message>
    <message>
      <source>Latent</source>
      <translation>Latent</translation>
    </message>
    <message>
      <source>Lay your open hand and {0} flat on a table, and let the camera look at both from above for a second or two.</source>
      <translation>Legen Sie die offene Hand und {0} flach auf einen Tisch, und lassen Sie die Kamera ein, zwei Sekunden von oben auf beide sehen.</translation>
    </message>
    <message>
      <source>Least and greatest angle of every joint, as HTML or PDF</source>
      <translation>Kleinster und größter Winkel jedes Gelenks, als HTML oder PDF</translation>
    </message>
    <message>
      <source>Left picture: 2 sigma down from here; right picture: 2 sigma up. The band is the live posterior.</source>
      <translation>Linkes Bild: 2 Sigma abwärts von hier; rechtes: 2 Sigma aufwärts. Das Band ist die Schätzung von jetzt.</translation>
    </message>
    <message>
      <source>Length of the hand</source>
      <translation>Länge der Hand</translation>
    </message>
    <message>
      <source>Length of the hand…</source>
      <translation>Länge der Hand…</translation>
    </message>
    <message>
      <source>Length of your hand</source>
      <translation>Länge Ihrer Hand</translation>
    </message>
    <message>
      <source>Light</source>
      <translation>Hell</translation>
    </message>
    <message>
      <source>Line: what hands can do, with 0° marked. Dot: the angle now; flexion to the palm is positive.</source>
      <translation>Linie: was Hände können, mit 0° markiert. Punkt: der Winkel jetzt; Beugung zur Handfläche ist positiv.</translation>
    </message>
    <message>
      <source>Live</source>
      <translation>Live</translation>
    </message>
    <message>
      <source>Live, Explorer, Map</source>
      <translation>Live, Explorer, Karte</translation>
    </message>
    <message>
      <source>Loading known poses…</source>
      <translation>Lade bekannte Posen…</translation>
    </message>
    <message>
      <source>Loading the model…</source>
      <translation>Lade das Modell…</translation>
    </message>
    <message>
      <source>Look again</source>
      <translation>Nochmals suchen</translation>
    </message>
    <message>
      <source>Look for cameras</source>
      <translation>Kameras suchen</translation>
    </message>
    <message>
      <source>MCAP, ROS 2, Rerun, Parquet; labels always have them</source>
      <translation>MCAP, ROS 2, Rerun, Parquet; Beurteilungen haben sie immer</translation>
    </message>
    <message>
      <source>Map</source>
      <translation>Karte</translation>
    </message>
    <message>
      <source>Mark this frame</source>
      <translation>Dieses Bild markieren</translation>
    </message>
    <message>
      <source>Marked this frame; Marks… names it</source>
      <translation>Bild markiert; unter Marken… bekommt es einen Namen</translation>
    </message>
    <message>
      <source>Marked this moment; Marks… names it when the session is played</source>
      <translation>Augenblick markiert; unter Marken… bekommt er beim Abspielen einen Namen</translation>
    </message>
    <message>
      <source>Marks</source>
      <translation>Marken</translation>
    </message>
    <message>
      <source>Marks and trim…</source>
      <translation>Marken, Zuschnitt…</translation>
    </message>
    <message>
      <source>Marks of {0}</source>
      <translation>Marken von {0}</translation>
    </message>
    <message>
      <source>Meaning of a point's colour</source>
      <translation>Was die Farbe eines Punktes bedeutet</translation>
    </message>
    <message>
      <source>Measure each hand</source>
      <translation>Jede Hand messen</translation>
    </message>
    <message>
      <source>Measure every frame of the session from its recorded hands</source>
      <translation>Jedes Bild der Sitzung aus den aufgenommenen Händen messen</translation>
    </message>
    <message>
      <source>Measure the camera's focal length and distortion, and the size of your hand</source>
      <translation>Brennweite und Verzeichnung der Kamera und die Größe Ihrer Hand messen</translation>
    </message>
    <message>
      <source>Measured points of the hand</source>
      <translation>Gemessene Punkte der Hand</translation>
    </message>
    <message>
      <source>Measured {0} frames; CSV… writes them beside the session</source>
      <translation>{0} Bilder gemessen; CSV… schreibt sie neben die Sitzung</translation>
    </message>
    <message>
      <source>Measured: focal length {0:.0f} ± {1:.1f} px, {2:.1f}° across, reprojection error {3:.2f} px. It is used from now on.</source>
      <translation>Gemessen: Brennweite {0:.0f} ± {1:.1f} px, {2:.1f}° Blickwinkel, Rückprojektionsfehler {3:.2f} px. Das gilt von jetzt an.</translation>
    </message>
    <message>
      <source>Measured: your hand is {0:.1f} ± {1:.1f} cm long; distances rest on {2:.1f} ± {3:.1f} cm from now on.</source>
      <translation>Gemessen: Ihre Hand ist {0:.1f} ± {1:.1f} cm lang; Abstände beruhen von jetzt an auf {2:.1f} ± {3:.1f} cm.</translation>
    </message>
    <message>
      <source>Measuring the directions…</source>
      <translation>Messe die Richtungen…</translation>
    </message>
    <message>
      <source>Measuring {0}…</source>
      <translation>Messe {0}…</translation>
    </message>
    <message>
      <source>Mirror</source>
      <translation>Spiegeln</translation>
    </message>
    <message>
      <source>More</source>
      <translation>Mehr</translation>
    </message>
    <message>
      <source>Name</source>
      <translation>Name</translation>
    </message>
    <message>
      <source>Name of this pose</source>
      <translation>Name dieser Pose</translation>
    </message>
    <message>
      <source>Name the gesture first.</source>
      <translation>Der Geste erst einen Namen geben.</translation>
    </message>
    <message>
      <source>Name the marks of a session; write the frames between two as a new one</source>
      <translation>Marken einer Sitzung benennen; die Bilder zwischen zweien als neue schreiben</translation>
    </message>
    <message>
      <source>Named</source>
      <translation>Benannt</translation>
    </message>
    <message>
      <source>Nearest known poses</source>
      <translation>Nächste bekannte Posen</translation>
    </message>
    <message>
      <source>Net</source>
      <translation>Netz</translation>
    </message>
    <message>
      <source>Network camera</source>
      <translation>Netzwerkkamera</translation>
    </message>
    <message>
      <source>Next unlabelled  N</source>
      <translation>Nächste offene  N</translation>
    </message>
    <message>
      <source>No camera found</source>
      <translation>Keine Kamera gefunden</translation>
    </message>
    <message>
      <source>No hand found in this picture</source>
      <translation>Keine Hand in diesem Bild gefunden</translation>
    </message>
    <message>
      <source>No hand in this frame</source>
      <translation>Keine Hand in diesem Bild</translation>
    </message>
    <message>
      <source>No hand in view</source>
      <translation>Keine Hand zu sehen</translation>
    </message>
    <message>
      <source>No model</source>
      <translation>Kein Modell</translation>
    </message>
    <message>
      <source>No offsets; follow the hand again</source>
      <translation>Keine Verschiebung; wieder der Hand folgen</translation>
    </message>
    <message>
      <source>No picture</source>
      <translation>Kein Bild</translation>
    </message>
    <message>
      <source>No snapshot: {0}</source>
      <translation>Kein Schnappschuss: {0}</translation>
    </message>
    <message>
      <source>No stream is open.</source>
      <translation>Kein Datenstrom ist offen.</translation>
    </message>
    <message>
      <source>Nothing for {0} in this picture: driven by {1}{2}{3}</source>
      <translation>Nichts für {0} in diesem Bild: angetrieben von {1}{2}{3}</translation>
    </message>
    <message>
      <source>Nothing is lost; nothing was written.</source>
      <translation>Nichts fehlt; nichts wurde geschrieben.</translation>
    </message>
    <message>
      <source>Nothing is selected.</source>
      <translation>Nichts ist ausgewählt.</translation>
    </message>
    <message>
      <source>Nothing leaves this computer unless you name another address.</source>
      <translation>Nichts verlässt diesen Rechner, wenn Sie keine andere Adresse nennen.</translation>
    </message>
    <message>
      <source>On</source>
      <translation>Weiter</translation>
    </message>
    <message>
      <source>One Euro filter on the joints</source>
      <translation>One-Euro-Filter auf den Gelenken</translation>
    </message>
    <message>
      <source>One coordinate for each property, tied to it by a few labels (semi-supervised InfoGAN); the others stay</source>
      <translation>Eine Koordinate je Eigenschaft, durch wenige Beispiele daran gebunden (halb überwachtes InfoGAN); die anderen bleiben</translation>
    </message>
    <message>
      <source>One frame back</source>
      <translation>Ein Bild zurück</translation>
    </message>
    <message>
      <source>One frame on</source>
      <translation>Ein Bild weiter</translation>
    </message>
    <message>
      <source>One sigma changes it by {0}, and moves a joint by {1:.1f} mm.</source>
      <translation>Ein Sigma ändert es um {0} und bewegt ein Gelenk um {1:.1f} mm.</translation>
    </message>
    <message>
      <source>One sigma moves a joint by {0:.1f} mm on average.</source>
      <translation>Ein Sigma bewegt ein Gelenk im Mittel um {0:.1f} mm.</translation>
    </message>
    <message>
      <source>Open</source>
      <translation>Öffnen</translation>
    </message>
    <message>
      <source>Open a session first: Play, or drop its folder on the window</source>
      <translation>Erst eine Sitzung öffnen: Abspielen, oder ihren Ordner auf das Fenster ziehen</translation>
    </message>
    <message>
      <source>Open a session or a folder of pictures</source>
      <translation>Sitzung oder Bilderordner öffnen</translation>
    </message>
    <message>
      <source>Open file…</source>
      <translation>Datei öffnen…</translation>
    </message>
    <message>
      <source>Open folder</source>
      <translation>Ordner öffnen</translation>
    </message>
    <message>
      <source>Open folder…</source>
      <translation>Ordner öffnen…</translation>
    </message>
    <message>
      <source>Open network camera…</source>
      <translation>Netzwerkkamera…</translation>
    </message>
    <message>
      <source>Opening the runtime {0}…</source>
      <translation>Öffne die Laufzeit {0}…</translation>
    </message>
    <message>
      <source>Opening {0} again…</source>
      <translation>Öffne {0} noch einmal…</translation>
    </message>
    <message>
      <source>Opening {0}…</source>
      <translation>Öffne {0}…</translation>
    </message>
    <message>
      <source>Other side  S</source>
      <translation>Andere Seite  S</translation>
    </message>
    <message>
      <source>Pages</source>
      <translation>Seiten</translation>
    </message>
    <message>
      <source>Panels</source>
      <translation>Felder</translation>
    </message>
    <message>
      <source>Path</source>
      <translation>Weg</translation>
    </message>
    <message>
      <source>Pause</source>
      <translation>Pause</translation>
    </message>
    <message>
      <source>Pause (Space)</source>
      <translation>Pause (Leertaste)</translation>
    </message>
    <message>
      <source>Paused: the sliders go on working</source>
      <translation>Pause: die Regler gehen weiter</translation>
    </message>
    <message>
      <source>Picture</source>
      <translation>Bild</translation>
    </message>
    <message>
      <source>Picture with what is covered</source>
      <translation>Bild mit dem, was abgedeckt ist</translation>
    </message>
    <message>
      <source>Pictures that were replaced by a newer one before there was time for them</source>
      <translation>Bilder, die ein neueres ersetzt hat, ehe Zeit für sie war</translation>
    </message>
    <message>
      <source>Pictures too</source>
      <translation>Auch Bilder</translation>
    </message>
    <message>
      <source>Play</source>
      <translation>Abspielen</translation>
    </message>
    <message>
      <source>Play  Space</source>
      <translation>Abspielen</translation>
    </message>
    <message>
      <source>Play (Space)</source>
      <translation>Abspielen (Leertaste)</translation>
    </message>
    <message>
      <source>Play again</source>
      <translation>Nochmals abspielen</translation>
    </message>
    <message>
      <source>Play it</source>
      <translation>Abspielen</translation>
    </message>
    <message>
      <source>Playback speed</source>
      <translation>Abspielgeschwindigkeit</translation>
    </message>
    <message>
      <source>Plots</source>
      <translation>Kurven</translation>
    </message>
    <message>
      <source>Plug one in: it appears in Source.</source>
      <translation>Schließen Sie eine an: sie erscheint unter Quelle.</translation>
    </message>
    <message>
      <source>Points</source>
      <translation>Punkte</translation>
    </message>
    <message>
      <source>Pose</source>
      <translation>Pose</translation>
    </message>
    <message>
      <source>Pose of the {0} hand</source>
      <translation>Pose der Hand {0}</translation>
    </message>
    <message>
      <source>Pose shown</source>
      <translation>Gezeigte Pose</translation>
    </message>
    <message>
      <source>Poses before smoothing</source>
      <translation>Posen vor der Glättung</translation>
    </message>
    <message>
      <source>Poses drawn from the Gaussian around the pose shown; click to go there</source>
      <translation>Posen aus der Verteilung um die gezeigte; Klick geht hin</translation>
    </message>
    <message>
      <source>Poses drawn from the live posterior and shown as thin lines in 3D</source>
      <translation>Posen aus der Schätzung von jetzt, als dünne Linien in 3D</translation>
    </message>
    <message>
      <source>Poses drawn from the posterior</source>
      <translation>Posen aus der A-posteriori-Verteilung</translation>
    </message>
    <message>
      <source>Poses set by you too</source>
      <translation>Auch von Ihnen gesetzte Posen</translation>
    </message>
    <message>
      <source>Position</source>
      <translation>Position</translation>
    </message>
    <message>
      <source>Presentation</source>
      <translation>Vorführung</translation>
    </message>
    <message>
      <source>Presets</source>
      <translation>Gesicherte Posen</translation>
    </message>
    <message>
      <source>Press A, go to another pose, press B</source>
      <translation>A drücken, zu anderer Pose gehen, B drücken</translation>
    </message>
    <message>
      <source>Principal</source>
      <translation>Haupt</translation>
    </message>
    <message>
      <source>Principal directions of the aggregate posterior, those that move the hand most first</source>
      <translation>Hauptrichtungen aller Posen, die am meisten bewegen zuerst</translation>
    </message>
    <message>
      <source>Protocol</source>
      <translation>Protokoll</translation>
    </message>
    <message>
      <source>Range of motion…</source>
      <translation>Bewegungsumfang…</translation>
    </message>
    <message>
      <source>Raw</source>
      <translation>Roh</translation>
    </message>
    <message>
      <source>Re-estimate</source>
      <translation>Neu schätzen</translation>
    </message>
    <message>
      <source>Read every picture; what is whole is written anew where anything is lost</source>
      <translation>Jedes Bild lesen; wo etwas fehlt, wird das Heile neu geschrieben</translation>
    </message>
    <message>
      <source>Recent</source>
      <translation>Zuletzt</translation>
    </message>
    <message>
      <source>Record</source>
      <translation>Aufnahme</translation>
    </message>
    <message>
      <source>Record colour, depth, poses and times</source>
      <translation>Farbe, Tiefe, Posen und Zeiten aufnehmen</translation>
    </message>
    <message>
      <source>Record pictures, poses and times (R)</source>
      <translation>Bilder, Posen und Zeiten aufnehmen (R)</translation>
    </message>
    <message>
      <source>Record something, or open a session, first</source>
      <translation>Erst etwas aufnehmen oder eine Sitzung öffnen</translation>
    </message>
    <message>
      <source>Recordings</source>
      <translation>Aufnahmen</translation>
    </message>
    <message>
      <source>Redo</source>
      <translation>Wieder</translation>
    </message>
    <message>
      <source>Reject  R</source>
      <translation>Ablehnen  R</translation>
    </message>
    <message>
      <source>Reset</source>
      <translation>Zurück</translation>
    </message>
    <message>
      <source>Reset view</source>
      <translation>Ansicht zurück</translation>
    </message>
    <message>
      <source>Results</source>
      <translation>Ergebnisse</translation>
    </message>
    <message>
      <source>Retry</source>
      <translation>Nochmals</translation>
    </message>
    <message>
      <source>Rig</source>
      <translation>Modell</translation>
    </message>
    <message>
      <source>Runtime</source>
      <translation>Laufzeit</translation>
    </message>
    <message>
      <source>Sample</source>
      <translation>Würfeln</translation>
    </message>
    <message>
      <source>Samples</source>
      <translation>Stichproben</translation>
    </message>
    <message>
      <source>Samples of a usual posterior</source>
      <translation>Stichproben, übliche Breite</translation>
    </message>
    <message>
      <source>Samples of the live posterior</source>
      <translation>Stichproben von jetzt</translation>
    </message>
    <message>
      <source>Samples shown</source>
      <translation>Gezeigte Stichproben</translation>
    </message>
    <message>
      <source>Save</source>
      <translation>Sichern</translation>
    </message>
    <message>
      <source>Save keeps the pose shown; a right click on a preset deletes it.</source>
      <translation>Sichern behält die Pose; Rechtsklick darauf löscht sie.</translation>
    </message>
    <message>
      <source>Save preset</source>
      <translation>Pose sichern</translation>
    </message>
    <message>
      <source>Saved {0:.0f} s</source>
      <translation>{0:.0f} s gesichert</translation>
    </message>
    <message>
      <source>Saved {0}</source>
      <translation>Gesichert: {0}</translation>
    </message>
    <message>
      <source>Sections, stacked</source>
      <translation>Teile, gestapelt</translation>
    </message>
    <message>
      <source>Seen through</source>
      <translation>Gesehen durch</translation>
    </message>
    <message>
      <source>Select nothing</source>
      <translation>Nichts auswählen</translation>
    </message>
    <message>
      <source>Selection</source>
      <translation>Auswahl</translation>
    </message>
    <message>
      <source>Session</source>
      <translation>Sitzung</translation>
    </message>
    <message>
      <source>Sessions, settings, and what has no room in this line</source>
      <translation>Sitzungen, Einstellungen, und was hier keinen Platz hat</translation>
    </message>
    <message>
      <source>Set another length…</source>
      <translation>Andere Länge setzen…</translation>
    </message>
    <message>
      <source>Settings</source>
      <translation>Einstellungen</translation>
    </message>
    <message>
      <source>Settings…</source>
      <translation>Einstellungen…</translation>
    </message>
    <message>
      <source>Show</source>
      <translation>Zeige</translation>
    </message>
    <message>
      <source>Show and move this hand</source>
      <translation>Diese Hand zeigen und bewegen</translation>
    </message>
    <message>
      <source>Show in folder</source>
      <translation>Im Ordner zeigen</translation>
    </message>
    <message>
      <source>Show it two or three times, pressing Teach each time</source>
      <translation>Zwei- oder dreimal zeigen und jedes Mal Lehren drücken</translation>
    </message>
    <message>
      <source>Show or hide the panels below</source>
      <translation>Die Felder unten zeigen oder verbergen</translation>
    </message>
    <message>
      <source>Show or hide what this modality's encoder says of every hand</source>
      <translation>Zeigen oder verbergen, was der Encoder dieser Modalität von jeder Hand sagt</translation>
    </message>
    <message>
      <source>Show the board, printed or full-screen on a phone or tablet, from all sides: near and far, tilted, and at every edge of the picture.</source>
      <translation>Zeigen Sie die Tafel, gedruckt oder groß auf Telefon oder Tablet, von allen Seiten: nah und fern, geneigt, und an jedem Bildrand.</translation>
    </message>
    <message>
      <source>Show the board; it is not seen.</source>
      <translation>Zeigen Sie die Tafel; sie ist nicht zu sehen.</translation>
    </message>
    <message>
      <source>Side</source>
      <translation>Seite</translation>
    </message>
    <message>
      <source>Side of the real person; how sure it is that this is a hand; σ: by how much a joint may be off along one axis, the mean of the joints</source>
      <translation>Seite der Person; wie sicher es eine Hand ist; σ: wie weit ein Gelenk längs einer Achse daneben liegen kann, im Mittel der Gelenke</translation>
    </message>
    <message>
      <source>Size of type and controls</source>
      <translation>Größe von Schrift und Knöpfen</translation>
    </message>
    <message>
      <source>Skeleton</source>
      <translation>Skelett</translation>
    </message>
    <message>
      <source>Skin</source>
      <translation>Haut</translation>
    </message>
    <message>
      <source>Smooth</source>
      <translation>Glatt</translation>
    </message>
    <message>
      <source>Snapshot</source>
      <translation>Schnappschuss</translation>
    </message>
    <message>
      <source>So the latent hardly knows it: expect other things to move as well.</source>
      <translation>Der latente Raum kennt es also kaum: anderes wird sich mitbewegen.</translation>
    </message>
    <message>
      <source>Solve with what there is</source>
      <translation>Damit rechnen</translation>
    </message>
    <message>
      <source>Solving…</source>
      <translation>Rechne…</translation>
    </message>
    <message>
      <source>Source</source>
      <translation>Quelle</translation>
    </message>
    <message>
      <source>Stalled</source>
      <translation>Stockt</translation>
    </message>
    <message>
      <source>Start</source>
      <translation>Beginnen</translation>
    </message>
    <message>
      <source>Start again</source>
      <translation>Von vorn</translation>
    </message>
    <message>
      <source>Start again at the end</source>
      <translation>Am Ende von vorn beginnen</translation>
    </message>
    <message>
      <source>Start, stop, and who receives</source>
      <translation>Beginnen, beenden, und wer empfängt</translation>
    </message>
    <message>
      <source>Started {0}.</source>
      <translation>{0} begonnen.</translation>
    </message>
    <message>
      <source>Starting</source>
      <translation>Beginnt</translation>
    </message>
    <message>
      <source>Stop</source>
      <translation>Beenden</translation>
    </message>
    <message>
      <source>Stop and save (R)</source>
      <translation>Stopp und sichern (R)</translation>
    </message>
    <message>
      <source>Straight, or along the great circle that keeps the norm</source>
      <translation>Gerade, oder auf dem Großkreis, der die Norm hält</translation>
    </message>
    <message>
      <source>Streams to other programs</source>
      <translation>Datenströme zu anderen Programmen</translation>
    </message>
    <message>
      <source>Streams…</source>
      <translation>Datenströme…</translation>
    </message>
    <message>
      <source>Surface</source>
      <translation>Oberfläche</translation>
    </message>
    <message>
      <source>Take the pose shown as A</source>
      <translation>Die gezeigte Pose als A nehmen</translation>
    </message>
    <message>
      <source>Take the pose shown as B</source>
      <translation>Die gezeigte Pose als B nehmen</translation>
    </message>
    <message>
      <source>Taken: {0} of {1!r}. Two or three are enough; vary them a little.</source>
      <translation>Genommen: {0} von {1!r}. Zwei oder drei genügen; etwas verschieden.</translation>
    </message>
    <message>
      <source>Teach</source>
      <translation>Lehren</translation>
    </message>
    <message>
      <source>Teach poses and motions by showing them</source>
      <translation>Posen und Bewegungen durch Vormachen lehren</translation>
    </message>
    <message>
      <source>Teach…</source>
      <translation>Lehren…</translation>
    </message>
    <message>
      <source>That did not work</source>
      <translation>Das ging nicht</translation>
    </message>
    <message>
      <source>That failed unexpectedly ({0}: {1}).</source>
      <translation>Das ist unerwartet misslungen ({0}: {1}).</translation>
    </message>
    <message>
      <source>The 3D process cannot be started ({0}); this is the software view.</source>
      <translation>Der 3D-Prozess beginnt nicht ({0}); das ist die Software-Ansicht.</translation>
    </message>
    <message>
      <source>The 3D process has drawn nothing for {0:.0f} s; this is the software view.</source>
      <translation>Der 3D-Prozess hat {0:.0f} s nichts gezeichnet; das ist die Software-Ansicht.</translation>
    </message>
    <message>
      <source>The 3D view and nothing else, for a projector or a stream; F10 or Escape ends it</source>
      <translation>Nur die 3D-Ansicht, für Beamer oder Übertragung; F10 oder Esc beendet sie</translation>
    </message>
    <message>
      <source>The band is the live posterior. Drag, or arrow keys; double-click: back.</source>
      <translation>Das Band ist die Schätzung von jetzt. Ziehen oder Pfeiltasten; Doppelklick: zurück.</translation>
    </message>
    <message>
      <source>The dimensions of the latent themselves, those that move the hand most first</source>
      <translation>Die latenten Dimensionen selbst, die am meisten bewegen zuerst</translation>
    </message>
    <message>
      <source>The end</source>
      <translation>Ende</translation>
    </message>
    <message>
      <source>The end · Space plays it again</source>
      <translation>Ende · Leertaste spielt nochmals</translation>
    </message>
    <message>
      <source>The frames between, with their hands, marks and labels</source>
      <translation>Die Bilder dazwischen mit Händen, Marken und Beurteilungen</translation>
    </message>
    <message>
      <source>The hand as it lies before the camera: x right, y down, z away. Drag turns, wheel zooms</source>
      <translation>Die Hand, wie sie vor der Kamera liegt: x rechts, y unten, z weg. Ziehen dreht, das Rad ändert die Größe</translation>
    </message>
    <message>
      <source>The hand rig by a graph-convolutional net</source>
      <translation>Das Handmodell durch ein Graphennetz</translation>
    </message>
    <message>
      <source>The hand rig, linear blend skinning</source>
      <translation>Das Handmodell, lineares Mischen</translation>
    </message>
    <message>
      <source>The hand's surface</source>
      <translation>Die Oberfläche der Hand</translation>
    </message>
    <message>
      <source>The model has failed.</source>
      <translation>Das Modell ist ausgefallen.</translation>
    </message>
    <message>
      <source>The net's input, and why it may be hard</source>
      <translation>Was das Netz sieht, und warum es schwer sein kann</translation>
    </message>
    <message>
      <source>The settings cannot be kept in {0} ({1}).</source>
      <translation>Die Einstellungen können nicht in {0} gesichert werden ({1}).</translation>
    </message>
    <message>
      <source>The settings {0} are damaged and were left out.</source>
      <translation>Die Einstellungen {0} sind beschädigt und wurden übergangen.</translation>
    </message>
    <message>
      <source>The settings {0} are damaged and were left out; they now are {1}.</source>
      <translation>Die Einstellungen {0} sind beschädigt und wurden übergangen; sie heißen jetzt {1}.</translation>
    </message>
    <message>
      <source>The settings {0} cannot be read ({1}); starting without.</source>
      <translation>Die Einstellungen {0} sind nicht lesbar ({1}); Start ohne sie.</translation>
    </message>
    <message>
      <source>The source</source>
      <translation>Die Quelle</translation>
    </message>
    <message>
      <source>The source has failed.</source>
      <translation>Die Quelle ist ausgefallen.</translation>
    </message>
    <message>
      <source>The true skeleton as a thin line</source>
      <translation>Das wahre Skelett als dünne Linie</translation>
    </message>
    <message>
      <source>The two directions that vary most hold {0:.0f} and {1:.0f} % of the variance.</source>
      <translation>Die zwei Richtungen größter Streuung enthalten {0:.0f} und {1:.0f} % der Varianz.</translation>
    </message>
    <message>
      <source>There is no hand to copy</source>
      <translation>Es ist keine Hand da</translation>
    </message>
    <message>
      <source>These weights have no known poses.</source>
      <translation>Diese Gewichte haben keine bekannten Posen.</translation>
    </message>
    <message>
      <source>These weights have no {0} decoder.</source>
      <translation>Diese Gewichte haben keinen Decoder für {0}.</translation>
    </message>
    <message>
      <source>This camera does not have it</source>
      <translation>Diese Kamera hat das nicht</translation>
    </message>
    <message>
      <source>This page {0}.</source>
      <translation>Diese Seite {0}.</translation>
    </message>
    <message>
      <source>Time</source>
      <translation>Zeit</translation>
    </message>
    <message>
      <source>Timing</source>
      <translation>Zeiten</translation>
    </message>
    <message>
      <source>Top</source>
      <translation>Oben</translation>
    </message>
    <message>
      <source>Truth</source>
      <translation>Wahrheit</translation>
    </message>
    <message>
      <source>Try again</source>
      <translation>Nochmals</translation>
    </message>
    <message>
      <source>Two hands</source>
      <translation>Zwei Hände</translation>
    </message>
    <message>
      <source>Undo</source>
      <translation>Rückgängig</translation>
    </message>
    <message>
      <source>Use the demo hand</source>
      <translation>Demohand nehmen</translation>
    </message>
    <message>
      <source>Use {0}</source>
      <translation>{0} verwenden</translation>
    </message>
    <message>
      <source>Values are the driver's own, and the camera keeps them until it is unplugged. Another focus or zoom makes its calibration wrong: calibrate again.</source>
      <translation>Die Werte zählt der Treiber, und die Kamera behält sie, bis sie abgezogen wird. Andere Schärfe oder Brennweite macht die Kalibrierung falsch: neu kalibrieren.</translation>
    </message>
    <message>
      <source>View</source>
      <translation>Sicht</translation>
    </message>
    <message>
      <source>Waiting for the first picture…</source>
      <translation>Warte auf das erste Bild…</translation>
    </message>
    <message>
      <source>What is plotted; click two joints in the 3D view to measure between them</source>
      <translation>Was gezeigt wird; zwei Gelenke in 3D anklicken misst dazwischen</translation>
    </message>
    <message>
      <source>What lies beside the hand</source>
      <translation>Was neben der Hand liegt</translation>
    </message>
    <message>
      <source>What runs the model; auto takes the fastest that agrees with the reference</source>
      <translation>Was das Modell rechnet; auto nimmt das schnellste, das mit der Referenz übereinstimmt</translation>
    </message>
    <message>
      <source>What runs the model; streams to other programs</source>
      <translation>Was das Modell rechnet; Datenströme zu anderen Programmen</translation>
    </message>
    <message>
      <source>What the chosen gesture does</source>
      <translation>Was die gewählte Geste tut</translation>
    </message>
    <message>
      <source>What the chosen gesture does in this window; a pose when it is held for a moment</source>
      <translation>Was die gewählte Geste in diesem Fenster tut; eine Pose, wenn sie kurz gehalten wird</translation>
    </message>
    <message>
      <source>What the colours of depth span</source>
      <translation>Was die Farben der Tiefe umfassen</translation>
    </message>
    <message>
      <source>What the pose is estimated from (D)</source>
      <translation>Woraus die Pose geschätzt wird (D)</translation>
    </message>
    <message>
      <source>What the sliders move along</source>
      <translation>Woran die Regler entlanggehen</translation>
    </message>
    <message>
      <source>What to do next</source>
      <translation>Was als Nächstes zu tun ist</translation>
    </message>
    <message>
      <source>What was undone, again</source>
      <translation>Das Rückgängige noch einmal</translation>
    </message>
    <message>
      <source>Where the frames come from</source>
      <translation>Woher die Bilder kommen</translation>
    </message>
    <message>
      <source>Where the hand is seen from</source>
      <translation>Von wo die Hand gesehen wird</translation>
    </message>
    <message>
      <source>Which of a frame's images are shown (T)</source>
      <translation>Was von einem Bild gezeigt wird (T)</translation>
    </message>
    <message>
      <source>Whole session</source>
      <translation>Ganze Sitzung</translation>
    </message>
    <message>
      <source>Window</source>
      <translation>Fenster</translation>
    </message>
    <message>
      <source>Wrist crease to tip of the straight middle finger, cm:</source>
      <translation>Handgelenksfalte bis Spitze des gestreckten Mittelfingers, cm:</translation>
    </message>
    <message>
      <source>Write as a new session</source>
      <translation>Als neue Sitzung</translation>
    </message>
    <message>
      <source>Write everything that was measured</source>
      <translation>Alles Gemessene schreiben</translation>
    </message>
    <message>
      <source>Write it for other programs</source>
      <translation>Für andere Programme schreiben</translation>
    </message>
    <message>
      <source>Write the interpolation</source>
      <translation>Den Weg schreiben</translation>
    </message>
    <message>
      <source>Write the interpolation as an animation: </source>
      <translation>Den Weg als Animation schreiben: </translation>
    </message>
    <message>
      <source>Write the measurements</source>
      <translation>Messungen schreiben</translation>
    </message>
    <message>
      <source>Write the range of motion</source>
      <translation>Bewegungsumfang schreiben</translation>
    </message>
    <message>
      <source>Write z, joints and modality of the selection</source>
      <translation>z, Gelenke und Modalität der Auswahl schreiben</translation>
    </message>
    <message>
      <source>Writing {0}…</source>
      <translation>Schreibe {0}…</translation>
    </message>
    <message>
      <source>Writing…</source>
      <translation>Schreibe…</translation>
    </message>
    <message>
      <source>Written to {0}.{1}</source>
      <translation>Geschrieben: {0}.{1}</translation>
    </message>
    <message>
      <source>Written: {0}</source>
      <translation>Geschrieben: {0}</translation>
    </message>
    <message>
      <source>Wrote {0:,} embeddings to {1}</source>
      <translation>{0:,} Einbettungen geschrieben: {1}</translation>
    </message>
    <message>
      <source>Your hand, wrist crease to tip of the straight middle finger; assumed until you measure it.
It sets the scale where no depth camera does.</source>
      <translation>Ihre Hand, Handgelenksfalte bis Spitze des gestreckten Mittelfingers; angenommen, bis Sie sie messen.
Sie gibt den Maßstab, wo keine Tiefenkamera es tut.</translation>
    </message>
    <message>
      <source>Your hand: {0:.1f} cm (set it above) · Model: {1}</source>
      <translation>Ihre Hand: {0:.1f} cm (oben setzen) · Modell: {1}</translation>
    </message>
    <message>
      <source>a bank card</source>
      <translation>eine Bankkarte</translation>
    </message>
    <message>
      <source>a sheet of A4</source>
      <translation>ein Blatt A4</translation>
    </message>
    <message>
      <source>accepted</source>
      <translation>angenommen</translation>
    </message>
    <message>
      <source>all</source>
      <translation>alle</translation>
    </message>
    <message>
      <source>around the hand</source>
      <translation>um die Hand</translation>
    </message>
    <message>
      <source>arrows</source>
      <translation>Pfeile</translation>
    </message>
    <message>
      <source>as set</source>
      <translation>wie gesetzt</translation>
    </message>
    <message>
      <source>as the camera sees it</source>
      <translation>wie die Kamera sieht</translation>
    </message>
    <message>
      <source>assumed</source>
      <translation>angenommen</translation>
    </message>
    <message>
      <source>auto ({0})</source>
      <translation>auto ({0})</translation>
    </message>
    <message>
      <source>automatic</source>
      <translation>automatisch</translation>
    </message>
    <message>
      <source>blurred: more light</source>
      <translation>unscharf: mehr Licht</translation>
    </message>
    <message>
      <source>bones</source>
      <translation>Knochen</translation>
    </message>
    <message>
      <source>both</source>
      <translation>beide</translation>
    </message>
    <message>
      <source>box {0:.0f} px</source>
      <translation>Feld {0:.0f} px</translation>
    </message>
    <message>
      <source>brightness</source>
      <translation>Helligkeit</translation>
    </message>
    <message>
      <source>by</source>
      <translation>durch</translation>
    </message>
    <message>
      <source>calibrate the camera and your hand</source>
      <translation>Kamera und Hand kalibrieren</translation>
    </message>
    <message>
      <source>check and repair a session</source>
      <translation>eine Sitzung prüfen und reparieren</translation>
    </message>
    <message>
      <source>choose and move a slider</source>
      <translation>Regler wählen, bewegen</translation>
    </message>
    <message>
      <source>clear one slider</source>
      <translation>einen Regler zurück</translation>
    </message>
    <message>
      <source>clear view</source>
      <translation>klare Sicht</translation>
    </message>
    <message>
      <source>click, click</source>
      <translation>Klick, Klick</translation>
    </message>
    <message>
      <source>close the bar</source>
      <translation>die Leiste schließen</translation>
    </message>
    <message>
      <source>close the message</source>
      <translation>die Meldung schließen</translation>
    </message>
    <message>
      <source>codes</source>
      <translation>Codes</translation>
    </message>
    <message>
      <source>colour</source>
      <translation>Farbe</translation>
    </message>
    <message>
      <source>colour, depth, blend</source>
      <translation>Farbe, Tiefe, Mischung</translation>
    </message>
    <message>
      <source>contrast</source>
      <translation>Kontrast</translation>
    </message>
    <message>
      <source>copy the pose (JSON)</source>
      <translation>Pose kopieren (JSON)</translation>
    </message>
    <message>
      <source>crop</source>
      <translation>zuschneiden</translation>
    </message>
    <message>
      <source>decode</source>
      <translation>dekodieren</translation>
    </message>
    <message>
      <source>depth</source>
      <translation>Tiefe</translation>
    </message>
    <message>
      <source>detect</source>
      <translation>finden</translation>
    </message>
    <message>
      <source>distance</source>
      <translation>Abstand</translation>
    </message>
    <message>
      <source>does nothing else</source>
      <translation>tut sonst nichts</translation>
    </message>
    <message>
      <source>double-click</source>
      <translation>Doppelklick</translation>
    </message>
    <message>
      <source>double-click, Home</source>
      <translation>Doppelklick, Pos1</translation>
    </message>
    <message>
      <source>drag</source>
      <translation>ziehen</translation>
    </message>
    <message>
      <source>draw</source>
      <translation>zeichnen</translation>
    </message>
    <message>
      <source>edited pose</source>
      <translation>gesetzte Pose</translation>
    </message>
    <message>
      <source>ended</source>
      <translation>zu Ende</translation>
    </message>
    <message>
      <source>error ellipsoids</source>
      <translation>Fehlerellipsoide</translation>
    </message>
    <message>
      <source>error: pose {0:.0f} mm · position {1:.0f} mm</source>
      <translation>Fehler: Pose {0:.0f} mm · Ort {1:.0f} mm</translation>
    </message>
    <message>
      <source>estimate a session anew</source>
      <translation>Sitzung neu schätzen</translation>
    </message>
    <message>
      <source>everything has stopped</source>
      <translation>alles ist beendet</translation>
    </message>
    <message>
      <source>export the session</source>
      <translation>Sitzung exportieren</translation>
    </message>
    <message>
      <source>exposure</source>
      <translation>Belichtung</translation>
    </message>
    <message>
      <source>exposure, focus and white balance of the camera</source>
      <translation>Belichtung, Schärfe und Weißabgleich der Kamera</translation>
    </message>
    <message>
      <source>failed</source>
      <translation>ausgefallen</translation>
    </message>
    <message>
      <source>focus</source>
      <translation>Schärfe</translation>
    </message>
    <message>
      <source>follow the hand</source>
      <translation>der Hand folgen</translation>
    </message>
    <message>
      <source>freeze, follow again</source>
      <translation>anhalten, wieder folgen</translation>
    </message>
    <message>
      <source>from above</source>
      <translation>von oben</translation>
    </message>
    <message>
      <source>from the side</source>
      <translation>von der Seite</translation>
    </message>
    <message>
      <source>frozen: drag to explore</source>
      <translation>angehalten: ziehen</translation>
    </message>
    <message>
      <source>full screen</source>
      <translation>ganzer Schirm</translation>
    </message>
    <message>
      <source>gain</source>
      <translation>Verstärkung</translation>
    </message>
    <message>
      <source>great circle</source>
      <translation>Großkreis</translation>
    </message>
    <message>
      <source>grip</source>
      <translation>Griff</translation>
    </message>
    <message>
      <source>hand {0} of {1} · frame {2} · {3} labelled</source>
      <translation>Hand {0} von {1} · Bild {2} · {3} beurteilt</translation>
    </message>
    <message>
      <source>hand {0}, {1}</source>
      <translation>Hand {0}, {1}</translation>
    </message>
    <message>
      <source>handcam: the latent space</source>
      <translation>handcam: der latente Raum</translation>
    </message>
    <message>
      <source>host:port, or nothing for this computer</source>
      <translation>Rechner:Port, oder nichts für diesen Rechner</translation>
    </message>
    <message>
      <source>index</source>
      <translation>Zeige</translation>
    </message>
    <message>
      <source>index angles</source>
      <translation>Winkel Zeigefinger</translation>
    </message>
    <message>
      <source>index tip speed</source>
      <translation>Tempo Zeigefingerspitze</translation>
    </message>
    <message>
      <source>input of the net</source>
      <translation>Eingabe des Netzes</translation>
    </message>
    <message>
      <source>interpolate from A to B</source>
      <translation>von A nach B gehen</translation>
    </message>
    <message>
      <source>it can start once the model is loaded</source>
      <translation>möglich, sobald das Modell geladen ist</translation>
    </message>
    <message>
      <source>it can start once the source is open</source>
      <translation>möglich, sobald die Quelle offen ist</translation>
    </message>
    <message>
      <source>joint</source>
      <translation>Gelenke</translation>
    </message>
    <message>
      <source>judge the hands of a session</source>
      <translation>die Hände einer Sitzung beurteilen</translation>
    </message>
    <message>
      <source>keypoint</source>
      <translation>Bildpunkte</translation>
    </message>
    <message>
      <source>left</source>
      <translation>links</translation>
    </message>
    <message>
      <source>left and right</source>
      <translation>links und rechts</translation>
    </message>
    <message>
      <source>left only</source>
      <translation>nur links</translation>
    </message>
    <message>
      <source>little</source>
      <translation>Klein</translation>
    </message>
    <message>
      <source>little angles</source>
      <translation>Winkel Kleinfinger</translation>
    </message>
    <message>
      <source>loading…</source>
      <translation>lädt…</translation>
    </message>
    <message>
      <source>looking for neighbours</source>
      <translation>suche Nachbarn</translation>
    </message>
    <message>
      <source>mark this moment</source>
      <translation>Augenblick markieren</translation>
    </message>
    <message>
      <source>mark {0}</source>
      <translation>Marke {0}</translation>
    </message>
    <message>
      <source>marks of a session, and trim</source>
      <translation>Marken, zuschneiden</translation>
    </message>
    <message>
      <source>may be learned from</source>
      <translation>daraus darf gelernt werden</translation>
    </message>
    <message>
      <source>may not be learned from</source>
      <translation>daraus darf nicht gelernt werden</translation>
    </message>
    <message>
      <source>measure</source>
      <translation>messen</translation>
    </message>
    <message>
      <source>measure between two joints</source>
      <translation>zwei Gelenke messen</translation>
    </message>
    <message>
      <source>measured points (depth)</source>
      <translation>gemessene Punkte (Tiefe)</translation>
    </message>
    <message>
      <source>middle</source>
      <translation>Mittel</translation>
    </message>
    <message>
      <source>middle angles</source>
      <translation>Winkel Mittelfinger</translation>
    </message>
    <message>
      <source>mirror the picture</source>
      <translation>Bild spiegeln</translation>
    </message>
    <message>
      <source>modality</source>
      <translation>Modalität</translation>
    </message>
    <message>
      <source>motion</source>
      <translation>Bewegung</translation>
    </message>
    <message>
      <source>my hand</source>
      <translation>meine Hand</translation>
    </message>
    <message>
      <source>name, e.g. fist</source>
      <translation>Name, z. B. Faust</translation>
    </message>
    <message>
      <source>named</source>
      <translation>benannt</translation>
    </message>
    <message>
      <source>near and far</source>
      <translation>nah und fern</translation>
    </message>
    <message>
      <source>new pose from the prior</source>
      <translation>neue Pose</translation>
    </message>
    <message>
      <source>next drive of the latent</source>
      <translation>nächster Antrieb</translation>
    </message>
    <message>
      <source>no data yet</source>
      <translation>noch nichts</translation>
    </message>
    <message>
      <source>no depth</source>
      <translation>keine Tiefe</translation>
    </message>
    <message>
      <source>no hand</source>
      <translation>keine Hand</translation>
    </message>
    <message>
      <source>no hand: drag to explore from the mean pose</source>
      <translation>keine Hand: von der mittleren Pose aus ziehen</translation>
    </message>
    <message>
      <source>no reading</source>
      <translation>kein Messwert</translation>
    </message>
    <message>
      <source>no tremor</source>
      <translation>kein Zittern</translation>
    </message>
    <message>
      <source>no verdict</source>
      <translation>kein Urteil</translation>
    </message>
    <message>
      <source>nothing measured yet</source>
      <translation>noch nichts gemessen</translation>
    </message>
    <message>
      <source>now</source>
      <translation>jetzt</translation>
    </message>
    <message>
      <source>one</source>
      <translation>eine</translation>
    </message>
    <message>
      <source>one frame back</source>
      <translation>ein Bild zurück</translation>
    </message>
    <message>
      <source>one frame on</source>
      <translation>ein Bild weiter</translation>
    </message>
    <message>
      <source>one second back</source>
      <translation>eine Sekunde zurück</translation>
    </message>
    <message>
      <source>one second on</source>
      <translation>eine Sekunde weiter</translation>
    </message>
    <message>
      <source>open a file</source>
      <translation>Datei öffnen</translation>
    </message>
    <message>
      <source>open a network camera</source>
      <translation>eine Netzwerkkamera öffnen</translation>
    </message>
    <message>
      <source>open a session or a folder of pictures</source>
      <translation>eine Sitzung oder einen Bilderordner öffnen</translation>
    </message>
    <message>
      <source>open the demo</source>
      <translation>die Demo öffnen</translation>
    </message>
    <message>
      <source>open the session's folder</source>
      <translation>den Ordner der Sitzung öffnen</translation>
    </message>
    <message>
      <source>open the source again</source>
      <translation>Quelle neu öffnen</translation>
    </message>
    <message>
      <source>or drop a video, a photo, a folder or a session anywhere</source>
      <translation>oder ein Video, ein Foto, einen Ordner oder eine Sitzung hierher ziehen</translation>
    </message>
    <message>
      <source>orbit</source>
      <translation>drehen</translation>
    </message>
    <message>
      <source>pause, play</source>
      <translation>Pause, weiter</translation>
    </message>
    <message>
      <source>paused</source>
      <translation>Pause</translation>
    </message>
    <message>
      <source>pictures</source>
      <translation>Bilder</translation>
    </message>
    <message>
      <source>pinch</source>
      <translation>Pinzette</translation>
    </message>
    <message>
      <source>pinch and ruler</source>
      <translation>Pinzette, Maßstab</translation>
    </message>
    <message>
      <source>pixels 0000 ms old</source>
      <translation>Pixel 0000 ms alt</translation>
    </message>
    <message>
      <source>pixels {0:.0f} ms old</source>
      <translation>Pixel {0:.0f} ms alt</translation>
    </message>
    <message>
      <source>play from the start</source>
      <translation>von vorn abspielen</translation>
    </message>
    <message>
      <source>play or stop</source>
      <translation>abspielen oder anhalten</translation>
    </message>
    <message>
      <source>play the recorded session</source>
      <translation>die Aufnahme abspielen</translation>
    </message>
    <message>
      <source>pose</source>
      <translation>Pose</translation>
    </message>
    <message>
      <source>posterior samples</source>
      <translation>Stichproben</translation>
    </message>
    <message>
      <source>predict</source>
      <translation>schätzen</translation>
    </message>
    <message>
      <source>principal</source>
      <translation>haupt</translation>
    </message>
    <message>
      <source>quit</source>
      <translation>beenden</translation>
    </message>
    <message>
      <source>raw</source>
      <translation>roh</translation>
    </message>
    <message>
      <source>ready on {0}</source>
      <translation>bereit auf {0}</translation>
    </message>
    <message>
      <source>record, stop</source>
      <translation>aufnehmen, stopp</translation>
    </message>
    <message>
      <source>redo</source>
      <translation>wiederholen</translation>
    </message>
    <message>
      <source>refine</source>
      <translation>anpassen</translation>
    </message>
    <message>
      <source>rejected</source>
      <translation>abgelehnt</translation>
    </message>
    <message>
      <source>reset</source>
      <translation>zurücksetzen</translation>
    </message>
    <message>
      <source>reset the view</source>
      <translation>Ansicht zurück</translation>
    </message>
    <message>
      <source>right</source>
      <translation>rechts</translation>
    </message>
    <message>
      <source>right and left hand</source>
      <translation>rechte und linke Hand</translation>
    </message>
    <message>
      <source>right only</source>
      <translation>nur rechts</translation>
    </message>
    <message>
      <source>ring</source>
      <translation>Ring</translation>
    </message>
    <message>
      <source>ring angles</source>
      <translation>Winkel Ringfinger</translation>
    </message>
    <message>
      <source>ruler</source>
      <translation>Maßstab</translation>
    </message>
    <message>
      <source>running</source>
      <translation>läuft</translation>
    </message>
    <message>
      <source>save a preset</source>
      <translation>Pose sichern</translation>
    </message>
    <message>
      <source>section</source>
      <translation>Teil</translation>
    </message>
    <message>
      <source>set by you</source>
      <translation>von Ihnen gesetzt</translation>
    </message>
    <message>
      <source>settings</source>
      <translation>Einstellungen</translation>
    </message>
    <message>
      <source>show or hide the panels</source>
      <translation>Felder zeigen, verbergen</translation>
    </message>
    <message>
      <source>skin</source>
      <translation>Haut</translation>
    </message>
    <message>
      <source>skin of the rig, by the net, by HALO</source>
      <translation>Haut: Modell, Netz, HALO</translation>
    </message>
    <message>
      <source>small: come closer</source>
      <translation>klein: näher kommen</translation>
    </message>
    <message>
      <source>smoothing</source>
      <translation>Glättung</translation>
    </message>
    <message>
      <source>snapshot (PNG and JSON)</source>
      <translation>Schnappschuss (PNG, JSON)</translation>
    </message>
    <message>
      <source>spectrum</source>
      <translation>Spektrum</translation>
    </message>
    <message>
      <source>speed</source>
      <translation>Tempo</translation>
    </message>
    <message>
      <source>stalled</source>
      <translation>stockt</translation>
    </message>
    <message>
      <source>starting</source>
      <translation>beginnt</translation>
    </message>
    <message>
      <source>stopped</source>
      <translation>beendet</translation>
    </message>
    <message>
      <source>straight</source>
      <translation>gerade</translation>
    </message>
    <message>
      <source>streams to other programs</source>
      <translation>Datenströme zu anderen Programmen</translation>
    </message>
    <message>
      <source>t-SNE of {0:,} embeddings: {1}.</source>
      <translation>t-SNE von {0:,} Einbettungen: {1}.</translation>
    </message>
    <message>
      <source>t-SNE, perplexity {0}: neighbours stay together; distances mean little.</source>
      <translation>t-SNE, Perplexität {0}: Nachbarn bleiben zusammen; Abstände sagen wenig.</translation>
    </message>
    <message>
      <source>take the pose as A</source>
      <translation>Pose als A nehmen</translation>
    </message>
    <message>
      <source>take the pose as B</source>
      <translation>Pose als B nehmen</translation>
    </message>
    <message>
      <source>teach gestures</source>
      <translation>Gesten lehren</translation>
    </message>
    <message>
      <source>the 3D view alone</source>
      <translation>nur die 3D-Ansicht</translation>
    </message>
    <message>
      <source>the board</source>
      <translation>die Tafel</translation>
    </message>
    <message>
      <source>the end</source>
      <translation>das Ende</translation>
    </message>
    <message>
      <source>the first hand</source>
      <translation>die erste Hand</translation>
    </message>
    <message>
      <source>the frame shown</source>
      <translation>das gezeigte Bild</translation>
    </message>
    <message>
      <source>the hand after</source>
      <translation>die Hand danach</translation>
    </message>
    <message>
      <source>the hand before</source>
      <translation>die Hand davor</translation>
    </message>
    <message>
      <source>the last hand</source>
      <translation>die letzte Hand</translation>
    </message>
    <message>
      <source>the live {0} hand</source>
      <translation>die Hand {0} von jetzt</translation>
    </message>
    <message>
      <source>the next hand without a verdict</source>
      <translation>die nächste Hand ohne Urteil</translation>
    </message>
    <message>
      <source>the other hand of the person</source>
      <translation>die andere Hand der Person</translation>
    </message>
    <message>
      <source>the source</source>
      <translation>die Quelle</translation>
    </message>
    <message>
      <source>the source has ended; play it again first</source>
      <translation>die Quelle ist zu Ende; erst nochmals abspielen</translation>
    </message>
    <message>
      <source>the source has failed</source>
      <translation>die Quelle ist ausgefallen</translation>
    </message>
    <message>
      <source>the start</source>
      <translation>der Anfang</translation>
    </message>
    <message>
      <source>this help</source>
      <translation>diese Hilfe</translation>
    </message>
    <message>
      <source>thumb</source>
      <translation>Daumen</translation>
    </message>
    <message>
      <source>thumb angles</source>
      <translation>Winkel Daumen</translation>
    </message>
    <message>
      <source>tilted</source>
      <translation>geneigt</translation>
    </message>
    <message>
      <source>to</source>
      <translation>bis</translation>
    </message>
    <message>
      <source>top and bottom</source>
      <translation>oben und unten</translation>
    </message>
    <message>
      <source>true skeleton (demo)</source>
      <translation>wahres Skelett (Demo)</translation>
    </message>
    <message>
      <source>two hands</source>
      <translation>zwei Hände</translation>
    </message>
    <message>
      <source>undo</source>
      <translation>rückgängig</translation>
    </message>
    <message>
      <source>unsure: is it a hand?</source>
      <translation>unsicher: eine Hand?</translation>
    </message>
    <message>
      <source>up to four</source>
      <translation>bis vier</translation>
    </message>
    <message>
      <source>up to three</source>
      <translation>bis drei</translation>
    </message>
    <message>
      <source>wait</source>
      <translation>warten</translation>
    </message>
    <message>
      <source>wheel</source>
      <translation>Rad</translation>
    </message>
    <message>
      <source>white balance</source>
      <translation>Weißabgleich</translation>
    </message>
    <message>
      <source>whole scene</source>
      <translation>ganze Szene</translation>
    </message>
    <message>
      <source>wrist speed</source>
      <translation>Tempo Handgelenk</translation>
    </message>
    <message>
      <source>zoom</source>
      <translation>Brennweite</translation>
    </message>
    <message>
      <source>zoom in and out</source>
      <translation>vergrößern, verkleinern</translation>
    </message>
    <message>
      <source>{0!r} is a {1}; take another name.</source>
      <translation>{0!r} ist eine {1}; einen anderen Namen nehmen.</translation>
    </message>
    <message>
      <source>{0:,} of {1:,}</source>
      <translation>{0:,} von {1:,}</translation>
    </message>
    <message>
      <source>{0:,} points are selected.</source>
      <translation>{0:,} Punkte sind ausgewählt.</translation>
    </message>
    <message>
      <source>{0:.0%} of the differences between hands that were held out are explained (R²).</source>
      <translation>{0:.0%} der Unterschiede zwischen anderen Händen sind erklärt (R²).</translation>
    </message>
    <message>
      <source>{0:.0f} % done</source>
      <translation>{0:.0f} % fertig</translation>
    </message>
    <message>
      <source>{0:.0f} % without depth</source>
      <translation>{0:.0f} % ohne Tiefe</translation>
    </message>
    <message>
      <source>{0:.0f} fps</source>
      <translation>{0:.0f} fps</translation>
    </message>
    <message>
      <source>{0:.0f} mm from the recorded pose (thin)</source>
      <translation>{0:.0f} mm von der aufgenommenen Pose (dünn)</translation>
    </message>
    <message>
      <source>{0:.0f} mm, set by you</source>
      <translation>{0:.0f} mm, von Ihnen gesetzt</translation>
    </message>
    <message>
      <source>{0:.0f} mm/σ</source>
      <translation>{0:.0f} mm/σ</translation>
    </message>
    <message>
      <source>{0:.1f} times as wide: as far as the truth lies from the mean on other hands</source>
      <translation>{0:.1f}-mal so breit: so weit, wie die Wahrheit bei anderen Händen vom Mittel liegt</translation>
    </message>
    <message>
      <source>{0:.1f} ± {1:.1f} cm measured</source>
      <translation>{0:.1f} ± {1:.1f} cm gemessen</translation>
    </message>
    <message>
      <source>{0} It is started again.</source>
      <translation>{0} Er wird neu begonnen.</translation>
    </message>
    <message>
      <source>{0} Written to {1}.</source>
      <translation>{0} Geschrieben: {1}.</translation>
    </message>
    <message>
      <source>{0} automatic</source>
      <translation>{0} automatisch</translation>
    </message>
    <message>
      <source>{0} cannot be written ({1})</source>
      <translation>{0} kann nicht geschrieben werden ({1})</translation>
    </message>
    <message>
      <source>{0} empty</source>
      <translation>{0} leere</translation>
    </message>
    <message>
      <source>{0} frames skipped</source>
      <translation>{0} Bilder übersprungen</translation>
    </message>
    <message>
      <source>{0} gives no more pictures.</source>
      <translation>{0} gibt keine Bilder mehr.</translation>
    </message>
    <message>
      <source>{0} hand</source>
      <translation>Hand {0}</translation>
    </message>
    <message>
      <source>{0} hand lost</source>
      <translation>Hand {0} verloren</translation>
    </message>
    <message>
      <source>{0} hand, mean ± 2 σ</source>
      <translation>Hand {0}, Mittel ± 2 σ</translation>
    </message>
    <message>
      <source>{0} has no settings of its own; open a webcam</source>
      <translation>{0} hat keine eigenen Einstellungen; öffnen Sie eine Webcam</translation>
    </message>
    <message>
      <source>{0} more</source>
      <translation>{0} weitere</translation>
    </message>
    <message>
      <source>{0} not saved</source>
      <translation>{0} nicht gesichert</translation>
    </message>
    <message>
      <source>{0} of {1}</source>
      <translation>{0} von {1}</translation>
    </message>
    <message>
      <source>{0} of {1} move the hand</source>
      <translation>{0} von {1} bewegen die Hand</translation>
    </message>
    <message>
      <source>{0} receivers</source>
      <translation>{0} Empfänger</translation>
    </message>
    <message>
      <source>{0} set by you, not measured</source>
      <translation>{0} von Ihnen gesetzt, nicht gemessen</translation>
    </message>
    <message>
      <source>{0} · labels · handcam</source>
      <translation>{0} · Beurteilungen · handcam</translation>
    </message>
    <message>
      <source>{0} · pinch {1:3.0f} mm · grip {2:3.0f} %</source>
      <translation>{0} · Pinzette {1:3.0f} mm · Griff {2:3.0f} %</translation>
    </message>
    <message>
      <source>{0} · pose set by you</source>
      <translation>{0} · Pose von Ihnen gesetzt</translation>
    </message>
    <message>
      <source>{0} · this source has no {1}</source>
      <translation>{0} · diese Quelle hat keine {1}</translation>
    </message>
    <message>
      <source>{0} · {1:.0f} % · σ {2:.0f} mm</source>
      <translation>{0} · {1:.0f} % · σ {2:.0f} mm</translation>
    </message>
    <message>
      <source>{0} · {1} sent · {2} dropped</source>
      <translation>{0} · {1} gesendet · {2} verworfen</translation>
    </message>
    <message>
      <source>{0}: click a point</source>
      <translation>{0}: einen Punkt anklicken</translation>
    </message>
    <message>
      <source>{0}: hold one up to see its angles</source>
      <translation>{0}: eine hochhalten, um ihre Winkel zu sehen</translation>
    </message>
    <message>
      <source>{0}: hold one up to the camera</source>
      <translation>{0}: eine vor die Kamera halten</translation>
    </message>
    <message>
      <source>{0}: not measured in this frame</source>
      <translation>{0}: in diesem Bild nicht gemessen</translation>
    </message>
    <message>
      <source>{0}: spectrum after 3 s</source>
      <translation>{0}: Spektrum nach 3 s</translation>
    </message>
    <message>
      <source>{0}: {1} sent, {2} dropped</source>
      <translation>{0}: {1} gesendet, {2} verworfen</translation>
    </message>
    <message>
      <source>← and → turn the pictures</source>
      <translation>← und → blättern</translation>
    </message>
    <message>
      <source>● live hand, its trail · ◆ pose set by you · rings: the same hand seen through each modality</source>
      <translation>● Hand von jetzt, ihre Spur · ◆ Pose von Ihnen · Ringe: dieselbe Hand in jeder Modalität</translation>
    </message>
  </context>
</TS>
